// Answers OCS: who the user is, what the server can do, and the app password in use; as XML, or as JSON where asked.
import type { SignedIn, Refused } from './nextcloud-auth.ts'
import { createAppPassword, randomToken } from './nextcloud-auth.ts'
import { sumBytes } from './dav-tree.ts'
import { escape } from './dav-xml.ts'
import type { FrontRequest } from './nextcloud-login.ts'
import type { NextcloudAccount, NextcloudState } from './nextcloud-state.ts'

// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/OCS/ocs-api-overview.html

/** Bytes of the disk below an unlimited account. */
const DISK = 500 * 1024 ** 3

type Data = string | number | boolean | null | readonly Data[] | { readonly [key: string]: Data }

interface Outcome {
  readonly status: number
  /** The status inside the envelope, where it is not the same. */
  readonly code?: number
  readonly message?: string
  readonly data?: Data
}

/** `request.path` is the path behind `/ocs`. */
export function answerOcs(
  state: NextcloudState,
  request: FrontRequest,
  who: SignedIn | Refused,
): Response {
  const [, version = '', path = ''] = /^\/(v[12])\.php(\/.*)?$/.exec(request.path) ?? []
  if (version === '') return new Response('Not Found', { status: 404 })
  return envelope(request, version, decide(state, request, path.replace(/\/$/, ''), who))
}

function decide(
  state: NextcloudState,
  request: FrontRequest,
  path: string,
  who: SignedIn | Refused,
): Outcome {
  const route = `${request.method} ${path}`
  // lib/private/AppFramework/Middleware/Security/SecurityMiddleware.php: no session, so no CSRF token; this header instead.
  if (request.headers.get('ocs-apirequest')?.toLowerCase() !== 'true') {
    return { status: 412, code: 997, message: 'CSRF check failed' }
  }
  const signedIn = typeof who === 'string' ? undefined : who
  // Anonymous callers get a part; wrong credentials are no anonymous caller.
  if (route === 'GET /cloud/capabilities' && who !== 'wrong') {
    return { status: 200, data: capabilities(state, signedIn !== undefined) }
  }
  if (!signedIn) return { status: 401, code: 997, message: 'Current user is not logged in' }
  const { account, appPassword } = signedIn
  switch (route) {
    case 'GET /cloud/user':
      return { status: 200, data: describeUser(state, account) }
    case 'GET /core/getapppassword': {
      if (appPassword)
        return { status: 403, message: 'You cannot request an new apppassword with an apppassword' }
      const name = request.headers.get('user-agent') ?? 'unknown'
      return {
        status: 200,
        data: { apppassword: createAppPassword(state, account, name).password },
      }
    }
    // core/Controller/AppPasswordController.php: only the one that the request is signed in with.
    case 'DELETE /core/apppassword':
      if (!appPassword) return { status: 403, message: 'no app password in use' }
      state.appPasswords.delete(appPassword)
      return { status: 200, data: [] }
    case 'POST /core/apppassword/rotate':
      if (!appPassword) return { status: 403, message: 'no app password in use' }
      appPassword.password = randomToken(72)
      return { status: 200, data: { apppassword: appPassword.password } }
    default: {
      const message =
        'Invalid query, please check the syntax. API specifications are here: http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.'
      return { status: 404, code: 998, message, data: [] }
    }
  }
}

/** Version 1 says 100 for success, and HTTP 200 to all but missing credentials. */
function envelope(request: FrontRequest, version: string, outcome: Outcome): Response {
  const { status, message, data = [] } = outcome
  const ok = status === 200
  const code = outcome.code ?? (ok && version === 'v1' ? 100 : status)
  const meta: Record<string, Data> = {
    status: ok ? 'ok' : 'failure',
    statuscode: code,
    message: message ?? (ok ? 'OK' : ''),
    ...(version === 'v1' ? { totalitems: '', itemsperpage: '' } : {}),
  }
  const http = version === 'v1' && status !== 401 ? 200 : status
  const headers = new Headers()
  if (status === 401) {
    const dummy = request.headers.get('x-requested-with') === 'XMLHttpRequest'
    headers.set(
      'www-authenticate',
      `${dummy ? 'DummyBasic' : 'Basic'} realm="Authorisation Required"`,
    )
  }
  const format = request.query.get('format')
  const accepts = request.headers.get('accept') ?? ''
  const json = format === null ? accepts.includes('application/json') : format === 'json'
  if (json) return Response.json({ ocs: { meta, data } }, { status: http, headers })
  headers.set('content-type', 'application/xml; charset=utf-8')
  const content = writeElement('meta', meta) + writeElement('data', data)
  return new Response(`<?xml version="1.0"?>\n<ocs>${content}</ocs>\n`, { status: http, headers })
}

function writeElement(name: string, value: Data): string {
  if (Array.isArray(value)) {
    const elements = (value as readonly Data[]).map((one) => writeElement('element', one))
    return `<${name}>${elements.join('')}</${name}>`
  }
  if (typeof value === 'object' && value !== null) {
    const children = Object.entries(value).map(([key, child]) => writeElement(key, child as Data))
    return `<${name}>${children.join('')}</${name}>`
  }
  // PHP writes true as 1 and false as nothing.
  const text = typeof value === 'boolean' ? (value ? '1' : '') : String(value ?? '')
  return text === '' ? `<${name}/>` : `<${name}>${escape(text)}</${name}>`
}

/** Provisioning API, "get data of the current user", with the special values of the quota. */
function describeUser(state: NextcloudState, account: NextcloudAccount): Data {
  const { id, email, displayName } = account
  const limit = state.settings.quota[id] ?? -3
  const used = sumBytes(state.home(id))
  // Without a limit the numbers are those of the disk; only `quota` says that there is none: lib/private/legacy/OC_Helper.php
  const total = limit >= 0 ? limit : DISK
  const free = limit === -1 || limit === -2 ? limit : Math.max(0, total - used)
  const relative = Math.round((used / total) * 10_000) / 100
  const quota = { free, used, total, relative, quota: limit }
  return {
    id,
    enabled: true,
    email,
    displayname: displayName,
    'display-name': displayName,
    quota,
    groups: ['staff'],
    language: 'en',
    locale: 'en_GB',
    backend: 'Database',
  }
}

/** apps/dav/lib/Capabilities.php and apps/files/lib/Capabilities.php; anonymous callers get the public part. */
function capabilities(state: NextcloudState, signedIn: boolean): Data {
  const { settings } = state
  const [major = 0, minor = 0, micro = 0] = settings.version.split('.').map(Number)
  const string = settings.version.split('.').slice(0, 3).join('.')
  const version = { major, minor, micro, string, edition: '', extendedSupport: false }
  const { productName: name } = settings
  const theming = { name, url: 'https://nextcloud.com', slogan: 'a safe home', color: '#00679e' }
  const open = { bruteforce: { delay: 0, 'allow-listed': false }, theming }
  if (!signedIn) return { version, capabilities: open }
  const files = {
    bigfilechunking: true,
    blacklisted_files: settings.forbiddenNames,
    forbidden_filenames: settings.forbiddenNames,
    forbidden_filename_basenames: settings.forbiddenBasenames,
    forbidden_filename_characters: settings.forbiddenCharacters,
    forbidden_filename_extensions: settings.forbiddenExtensions,
    ...(settings.chunkedUpload ? { chunked_upload: settings.chunkedUpload } : {}),
    undelete: settings.trashbin,
    versioning: true,
  }
  return {
    version,
    capabilities: {
      core: { pollinterval: 60, 'webdav-root': 'remote.php/webdav' },
      ...open,
      // "1.0" also where chunking v2 is on.
      dav: { chunking: '1.0' },
      files,
      files_sharing: { api_enabled: true },
    },
  }
}
