// WebDAV: any server that speaks RFC 4918, signed in with a user name and a password.
import { discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, Provider, Session } from '../contract.ts'
import { list, locate, stat } from './browse.ts'
import { download } from './content.ts'
import { baseOf, getQuota, propfind } from './dav.ts'
import { createFolder, remove, update } from './manage.ts'
import { readMultistatus, type DavResource } from './multistatus.ts'
import { upload } from './upload.ts'

export const webdav = {
  id: 'webdav',
  label: 'WebDAV',
  auth: {
    kind: 'password',
    fields: [
      {
        name: 'server_url',
        label: 'Server address',
        type: 'url',
        required: true,
        placeholder: 'https://cloud.example.com/dav/',
      },
      { name: 'username', label: 'User name', type: 'text', required: true },
      { name: 'password', label: 'Password', type: 'password', required: true },
      { name: 'label', label: 'Name of this connection', type: 'text', required: false },
    ],
  },
  origins: 'server',
  // Nothing is known of the server: a disk at home bears little.
  parallelImports: 2,
  identify,
  check,
  list,
  locate,
  stat,
  download,
  upload,
  createFolder,
  update,
  remove,
} satisfies Provider<Parameters<typeof upload.write>[1]>

/** The live check: only a 207 that shows a folder is a WebDAV server with the right password. */
async function identify(session: Session): Promise<Account> {
  const response = await propfind(session, '', '0')
  if (response.status !== 207) {
    await discard(response)
    throw failedCheck(response.status)
  }
  const self = await readSelf(response)
  if (self?.isCollection !== true) throw checkProblem('The address does not lead to a folder.')
  const { host, pathname } = new URL(baseOf(session))
  const username = session.username ?? ''
  const base = new URL(self.href, baseOf(session)).pathname
  return {
    id: `${username}@${host}${pathname}`,
    name: username,
    // A proxy that puts another prefix in front shows itself here.
    data: base.replace(/\/?$/, '/') === pathname ? {} : { base: base.replace(/\/?$/, '/') },
  }
}

async function readSelf(response: Response): Promise<DavResource | undefined> {
  try {
    for await (const resource of readMultistatus(response)) return resource
    return undefined
  } catch (error) {
    if (error instanceof Problem && error.code === 'provider_unavailable') return undefined
    throw error
  }
}

function failedCheck(status: number): Problem {
  if (status === 401) return checkProblem('The user name or the password is wrong.')
  if (status === 403) return checkProblem('The server does not allow WebDAV for this user.')
  if (status === 404 || status === 405 || status === 410) {
    return checkProblem('There is no WebDAV folder at this address.')
  }
  if (status === 429 || status >= 500) {
    return checkProblem('The server could not answer; try again later.')
  }
  return checkProblem('The address did not answer as a WebDAV server.')
}

const checkProblem = (detail: string) => new Problem('server_check_failed', detail)

async function check(session: Session): Promise<Health> {
  const { quotaAvailable, quotaUsed } = await getQuota(session)
  const total =
    quotaAvailable === undefined || quotaUsed === undefined ? undefined : quotaAvailable + quotaUsed
  return { quota: { total, used: quotaUsed } }
}
