// What tests know of each vendor's drive beside the API: how to connect it, where its requests go, what it has afterwards.
import { connect, connectNextcloud, connectWebdav } from './connect.ts'
import { driveOf } from './drive.ts'
import type { TroubleRule } from './emulators/trouble.ts'
import type { Slipway } from './harness.ts'

type Match = TroubleRule['match']

export interface VendorDrive {
  readonly provider: string
  /** The vendor's own name of who is connected. */
  readonly account: string
  readonly connect: (app: Slipway, user: string) => Promise<{ readonly id: string }>
  /** Names of the folders that lead from the top to the one that tests use; none where that is the top. */
  readonly home: readonly string[]
  /** The request that lists `home`. */
  readonly list: Match
  /** The one that brings a file's bytes, and how many that look like it come before. */
  readonly download: Match
  readonly downloadSkip: number
  /** Absent where nothing can be written. */
  readonly writing?: {
    /** The request that carries bytes. */
    readonly bytes: Match
    /** Names in `home`. */
    readonly names: (app: Slipway) => string[]
    /** Upload sessions and temporary files that are open. */
    readonly open: (app: Slipway) => string[]
  }
}

const ANN = 'ann@contoso.com'
const graphFiles = {
  list: { host: 'graph.microsoft.com', path: /\/children$/ },
  download: { host: 'contoso-my.sharepoint.com', method: 'GET' },
  downloadSkip: 0,
  writing: {
    bytes: { host: 'contoso-my.sharepoint.com', method: 'PUT' },
    names: (app: Slipway) => app.emulators.microsoft.children(ANN, 'root').map(({ name }) => name),
    open: (app: Slipway) => app.emulators.microsoft.sessions(),
  },
} as const
const davNames = (app: Slipway) => app.emulators.dav.list('mia', '/').map(({ name }) => name)

export const VENDOR_DRIVES: readonly VendorDrive[] = [
  {
    provider: 'google_drive',
    account: 'ann@example.com',
    connect: (app, user) => connect(app, user, 'google_drive'),
    home: [],
    list: { host: 'www.googleapis.com', method: 'GET', path: /\/files$/ },
    download: { host: 'www.googleapis.com', path: /\/files\/[^/]+$/ },
    // The first of them asks for metadata.
    downloadSkip: 1,
    writing: {
      bytes: { host: 'www.googleapis.com', method: 'PUT' },
      names: (app) =>
        app.emulators.google.children('ann@example.com', 'root').map(({ name }) => name),
      open: (app) => app.emulators.google.sessions(),
    },
  },
  {
    provider: 'onedrive',
    account: ANN,
    connect: (app, user) => connect(app, user, 'onedrive'),
    home: [],
    ...graphFiles,
  },
  {
    provider: 'microsoft_365',
    account: ANN,
    connect: (app, user) => connect(app, user, 'microsoft_365'),
    home: ['OneDrive'],
    ...graphFiles,
  },
  {
    provider: 'dropbox',
    account: 'mia@example.com',
    connect: (app, user) => connect(app, user, 'dropbox'),
    home: [],
    list: { host: 'api.dropboxapi.com', path: /\/files\/list_folder$/ },
    download: { host: 'content.dropboxapi.com', path: /\/files\/download$/ },
    downloadSkip: 0,
    writing: {
      bytes: { host: 'content.dropboxapi.com', path: /\/files\/upload/ },
      names: (app) =>
        app.emulators.dropbox.children('mia@example.com', 'root').map(({ name }) => name),
      // Upload sessions cannot be cancelled: they show nothing, and end by themselves.
      open: () => [],
    },
  },
  {
    provider: 'confluence',
    account: 'ann@acme.example',
    connect: (app, user) => connect(app, user, 'confluence'),
    home: ['Documentation', 'Home'],
    list: { host: 'api.atlassian.com', path: /\/direct-children$/ },
    download: { host: 'api.media.atlassian.com' },
    downloadSkip: 0,
  },
  {
    provider: 'nextcloud',
    account: 'mia',
    connect: (app, user) => connectNextcloud(app, user),
    home: [],
    list: { host: 'nextcloud', method: 'PROPFIND', path: /\/files\/mia\/$/ },
    download: { host: 'nextcloud', method: 'GET', path: /\/files\// },
    downloadSkip: 0,
    writing: {
      bytes: { host: 'nextcloud', method: 'PUT' },
      names: (app) => app.emulators.nextcloud.children('mia', '/').map(({ name }) => name),
      open: (app) => app.emulators.nextcloud.sessions(),
    },
  },
  {
    provider: 'webdav',
    account: 'mia',
    connect: (app, user) => connectWebdav(app, user),
    home: [],
    list: { host: 'dav-server', method: 'PROPFIND' },
    download: { host: 'dav-server', method: 'GET' },
    downloadSkip: 0,
    writing: {
      bytes: { host: 'dav-server', method: 'PUT' },
      names: davNames,
      open: (app) => davNames(app).filter((name) => name.endsWith('.part')),
    },
  },
]

/** A drive that is connected, and the id of its `home`. */
export interface OpenDrive extends ReturnType<typeof driveOf> {
  readonly id: string
  readonly home: string
}

/** Connects a user's drive and goes to its `home`. */
export async function openDrive(
  app: Slipway,
  user: string,
  vendor: VendorDrive,
): Promise<OpenDrive> {
  const { id } = await vendor.connect(app, user)
  const drive = driveOf(user, () => ({ app, id }))
  let home = 'root'
  for (const name of vendor.home) home = (await drive.find(name, home)).id
  return { ...drive, id, home }
}

/** A problem as it goes out (RFC 9457). */
export interface ProblemBody {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly retry_after?: number
  readonly scope?: string
}

export const problem = async (response: Response) => (await response.json()) as ProblemBody
