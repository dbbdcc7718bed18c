// Nextcloud: signed in through its Login Flow v2 or with an app password, files over WebDAV, large ones in parts.
import { discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, Provider, Session } from '../contract.ts'
import type { PasswordAuth } from '../sign-in.ts'
import * as folders from '../webdav/browse.ts'
import * as content from '../webdav/content.ts'
import { getQuota, propfind, type Dialect } from '../webdav/dav.ts'
import * as changes from '../webdav/manage.ts'
import { readMultistatus } from '../webdav/multistatus.ts'
import { loginFlow } from './login-flow.ts'
import { search } from './search.ts'
import {
  checkProblem,
  discover,
  failedCheck,
  findUser,
  isPassing,
  ocsHeaders,
  userUrl,
} from './server.ts'
import { davSession, serverOf } from './session.ts'
import { upload, type State } from './upload.ts'

/** What every server tells, the file's number, and which folders are encrypted end to end: those are left out. */
const PROPERTIES = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/><d:getcontenttype/><oc:fileid/><nc:is-encrypted/></d:prop></d:propfind>`

/** Its pages are addressed by the file's number: `/f/{id}` leads to the file, wherever it is. */
function dialectOf(session: Session): Dialect {
  return {
    properties: PROPERTIES,
    webUrl: ({ fileId }) =>
      fileId === undefined ? undefined : `${serverOf(session)}index.php/f/${fileId}`,
  }
}

export const nextcloud = {
  id: 'nextcloud',
  label: 'Nextcloud',
  auth: {
    kind: 'password',
    fields: [
      {
        name: 'server_url',
        label: 'Server address',
        type: 'url',
        required: true,
        placeholder: 'https://cloud.example.com',
      },
      { name: 'username', label: 'User name or e-mail', type: 'text', required: true },
      { name: 'password', label: 'App password', type: 'password', required: true },
      { name: 'label', label: 'Name of this connection', type: 'text', required: false },
    ],
    loginFlow,
    probe: (serverUrl) => ({ url: userUrl(serverUrl), headers: ocsHeaders }),
  } satisfies PasswordAuth,
  origins: 'server',
  // Often a small machine with a few PHP workers, which its own users wait for.
  parallelImports: 2,
  identify,
  check,
  list: (session, options) => folders.list(davSession(session), options, dialectOf(session)),
  locate: folders.locate,
  stat: (session, id) => folders.stat(davSession(session), id, dialectOf(session)),
  download: (session, id, options) =>
    content.download(davSession(session), id, options, dialectOf(session)),
  upload,
  createFolder: (session, parentId, name) =>
    changes.createFolder(davSession(session), parentId, name),
  update: (session, id, change) => changes.update(davSession(session), id, change),
  remove: (session, id) => changes.remove(davSession(session), id),
  search,
  revocation: { reach: 'grant', revoke },
} satisfies Provider<State>

/** The live check: a Nextcloud, the right password, and a folder of that user's own. */
async function identify(session: Session): Promise<Account> {
  const serverUrl = await discover(session)
  const user = await findUser(session, serverUrl)
  const found = { ...session, serverUrl, data: { userId: user.id } }
  await checkFolder(davSession(found))
  const { host, pathname } = new URL(serverUrl)
  return {
    id: `${user.id}@${host}${pathname}`,
    email: user.email,
    name: user.name ?? user.id,
    serverUrl,
    data: { userId: user.id },
  }
}

/** A path with another name than the user's own shows an empty folder, or none, and no error. */
async function checkFolder(dav: Session): Promise<void> {
  const response = await propfind(dav, '', '0')
  if (response.status !== 207) {
    await discard(response)
    if (isPassing(response.status)) throw failedCheck(response.status)
    throw checkProblem('The server does not show the files of this user.')
  }
  for await (const { isCollection, status } of readMultistatus(response)) {
    if (isCollection && (status ?? 200) < 300) return
  }
  throw checkProblem('The server shows no files of this user: the login name is not the user’s.')
}

async function check(session: Session): Promise<Health> {
  const { quotaAvailable, quotaUsed } = await getQuota(davSession(session))
  const total =
    quotaAvailable === undefined || quotaUsed === undefined ? undefined : quotaAvailable + quotaUsed
  return { quota: { total, used: quotaUsed } }
}

/** Deletes the app password that the request is signed with; a user's real password is refused, and stays. */
async function revoke(session: Session): Promise<void> {
  const response = await session.http({
    url: `${serverOf(session)}ocs/v2.php/core/apppassword`,
    method: 'DELETE',
    headers: ocsHeaders,
    replay: true,
  })
  await discard(response)
  const gone = response.ok || [401, 403].includes(response.status)
  if (!gone) throw new Problem('provider_unavailable', 'The server kept the app password.')
}
