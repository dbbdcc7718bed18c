// How each vendor says that something is wrong, in its own words: statuses, bodies and switches of its emulator.
import { connectWebdav } from './connect.ts'
import { rateLimitFault } from './emulators/confluence-limits.ts'
import type { Fault, TroubleRule } from './emulators/trouble.ts'
import type { OAuthServer } from './emulators/oauth-server.ts'
import type { Slipway } from './harness.ts'
import { VENDOR_DRIVES, type OpenDrive, type VendorDrive } from './vendor-drives.ts'

export interface VendorWords {
  readonly drive: VendorDrive
  /** Absent where a password is used, which does not expire and has no scopes. */
  readonly oauth?: (app: Slipway) => OAuthServer
  /** What tells whether the grant is alive: the token endpoint, or what is asked after a 401. */
  readonly judge: TroubleRule['match']
  /** Ends the grant; returns what lets later ones live. Absent: the grant of the OAuth server ends. */
  readonly kill?: (app: Slipway) => () => void
  /** Connects such that `kill` reaches it. Absent: as the drive is connected. */
  readonly connectMortal?: (app: Slipway, user: string) => Promise<{ readonly id: string }>
  readonly throttled: Fault
  /** Seconds to wait, as the vendor said; undefined where it does not say. */
  readonly wait: number | undefined
  /** Does what the grant is too narrow for. */
  readonly narrow?: {
    readonly scope: string
    readonly attempt: (drive: OpenDrive, app: Slipway) => Promise<Response>
  }
  /** Fills the storage; returns what empties it. */
  readonly fill?: (app: Slipway) => () => void
  /** Makes the upload session end before its second fragment, or in its only one. */
  readonly expireUpload?: (app: Slipway) => void
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})
const sabre = (status: number, exception: string): Fault => ({
  kind: 'status',
  status,
  body: `<?xml version="1.0" encoding="utf-8"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>${exception}</s:exception><s:message></s:message></d:error>`,
  headers: { 'content-type': 'application/xml; charset=utf-8' },
})

const driveOfProvider = (provider: string): VendorDrive => {
  const drive = VENDOR_DRIVES.find((one) => one.provider === provider)
  if (drive === undefined) throw new Error(`no ${provider}`)
  return drive
}

/** A switch, and how it goes back. */
function setting<T extends object>(settings: T, change: Partial<T>): () => void {
  const before = { ...settings }
  Object.assign(settings, change)
  return () => void Object.assign(settings, before)
}

const graph = {
  oauth: (app: Slipway) => app.emulators.microsoft.oauth,
  judge: { host: 'login.microsoftonline.com', path: /\/token$/ },
  throttled: json(429, { error: { code: 'activityLimitReached' } }, { 'retry-after': '120' }),
  wait: 120,
  fill: (app: Slipway) => setting(app.emulators.microsoft.settings, { full: true }),
  expireUpload: (app: Slipway) => {
    const inner = { code: 'uploadSessionNotFound' }
    const fault = json(404, { error: { code: 'itemNotFound', innererror: inner } })
    const match = { host: 'contoso-my.sharepoint.com', method: 'PUT' }
    app.emulators.trouble.add({ match, skip: 1, fault })
  },
}

/** An app password, as a user makes one by signing in at the server. */
async function connectByLogin(app: Slipway, user: string): Promise<{ readonly id: string }> {
  const { nextcloud, url } = app.emulators
  const started = await app.as(user)('/api/cloud/connections/nextcloud/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ server_url: `${url}${nextcloud.webRoot}` }),
  })
  const { login_url, attempt_id } = (await started.json()) as {
    login_url: string
    attempt_id: string
  }
  nextcloud.approveLogin(login_url)
  const attempt = await app.as(user)(`/api/cloud/oauth/attempts/${attempt_id}`)
  const { connection } = (await attempt.json()) as { connection?: { id: string } }
  if (connection === undefined) throw new Error('the login was not completed')
  return connection
}

export const VENDOR_WORDS: readonly VendorWords[] = [
  {
    drive: driveOfProvider('google_drive'),
    oauth: (app) => app.emulators.google.oauth,
    judge: { host: 'oauth2.googleapis.com', path: /\/token$/ },
    // No Retry-After, and a status that means other things too.
    throttled: json(403, {
      error: { code: 403, errors: [{ domain: 'usageLimits', reason: 'userRateLimitExceeded' }] },
    }),
    wait: undefined,
    narrow: {
      scope: 'https://www.googleapis.com/auth/drive',
      attempt: async ({ call, find }) =>
        call(`/items/${(await find('report.pdf')).id}`, { method: 'DELETE' }),
    },
    fill: (app) => setting(app.emulators.google.settings, { full: true }),
    expireUpload: (app) => {
      const match = { host: 'www.googleapis.com', method: 'PUT' }
      app.emulators.trouble.add({ match, fault: { kind: 'status', status: 404 } })
    },
  },
  {
    ...graph,
    drive: driveOfProvider('onedrive'),
    narrow: {
      scope: 'Files.ReadWrite.All',
      attempt: async ({ find, call }, app) => {
        const restore = setting(app.emulators.microsoft.settings, { ownDriveOnly: true })
        const answer = await call(`/items?fresh=1&folder_id=${(await find('Team files')).id}`)
        restore()
        return answer
      },
    },
  },
  {
    ...graph,
    drive: driveOfProvider('microsoft_365'),
    narrow: {
      scope: 'Sites.Read.All',
      attempt: async ({ find, call }) =>
        call(`/items?fresh=1&folder_id=${(await find('SharePoint')).id}`),
    },
  },
  {
    drive: driveOfProvider('dropbox'),
    oauth: (app) => app.emulators.dropbox.oauth,
    judge: { host: 'api.dropboxapi.com', path: /\/token$/ },
    // The time to wait stands in the body alone.
    throttled: json(429, {
      error_summary: 'too_many_requests/..',
      error: { reason: { '.tag': 'too_many_requests' }, retry_after: 120 },
    }),
    wait: 120,
    narrow: {
      scope: 'files.content.write',
      attempt: ({ call }) => call('/content?name=narrow.txt', { method: 'PUT', body: 'x' }),
    },
    fill: (app) => setting(app.emulators.dropbox.settings, { full: true }),
    expireUpload: (app) => {
      app.emulators.dropbox.settings.lostSessions = 1
    },
  },
  {
    drive: driveOfProvider('confluence'),
    oauth: (app) => app.emulators.confluence.oauth,
    judge: { host: 'auth.atlassian.com', path: /\/token$/ },
    throttled: rateLimitFault('confluence-burst-based', 120),
    wait: 120,
    narrow: {
      scope: 'read:hierarchical-content:confluence',
      attempt: async ({ call, find }) => {
        const space = await find('Documentation')
        return call(`/items?folder_id=${(await find('Home', space.id)).id}`)
      },
    },
  },
  {
    drive: driveOfProvider('nextcloud'),
    judge: { host: 'nextcloud', path: /\/ocs\// },
    connectMortal: connectByLogin,
    kill: (app) => {
      app.emulators.nextcloud.revokeAppPasswords('mia')
      return () => undefined
    },
    throttled: sabre(429, 'OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests'),
    wait: undefined,
    fill: (app) => setting(app.emulators.nextcloud.settings, { quota: { mia: 1 } }),
    expireUpload: (app) => {
      const match = { host: 'nextcloud', method: 'PUT', path: /\/uploads\// }
      const fault = sabre(404, 'Sabre\\DAV\\Exception\\NotFound')
      app.emulators.trouble.add({ match, skip: 1, fault })
    },
  },
  {
    drive: driveOfProvider('webdav'),
    judge: { host: 'dav-server', method: 'PROPFIND' },
    connectMortal: (app, user) => connectWebdav(app, user),
    // The password was changed.
    kill: (app) => setting(app.emulators.dav.settings, { refuse: { status: 401 } }),
    throttled: { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
    wait: 120,
    fill: (app) => setting(app.emulators.dav.settings, { quota: 0 }),
  },
]

/** Scopes that leave something out, as an operator may set them. Google's and OneDrive's own are narrow enough. */
export const NARROW_SCOPES = {
  MICROSOFT_365_SCOPES: 'Files.ReadWrite.All User.Read offline_access',
  DROPBOX_SCOPES: 'account_info.read files.metadata.read',
  CONFLUENCE_SCOPES:
    'read:space:confluence read:page:confluence read:attachment:confluence read:me offline_access',
}
