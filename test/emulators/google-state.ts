// What the parts of the Google emulator share: accounts, scopes, errors and the switches.
import type { Context } from 'hono'
import { GoogleFiles, type GoogleFile } from './google-files.ts'
import type { OAuthServer } from './oauth-server.ts'

export interface GoogleSettings {
  /** Items on a page at most. */
  maxPage: number
  /** The first page is empty and has a successor. */
  emptyPages: boolean
  /** The account's storage is full. */
  full: boolean
  /** A chunk keeps only its first 256 KiB. */
  keepFewer: boolean
  /** Media is served from another host, after a redirect. */
  redirectMedia: boolean
  /** Exports are of this size; over 10 MB only the export links work. */
  exportSize: number | undefined
  /** What is uploaded is stored with a wrong byte; as many as this. */
  garbledUploads: number
  /** Upload sessions are gone by the time they are used; as many as this. */
  expiredSessions: number
}

export const defaultGoogleSettings = (): GoogleSettings => ({
  maxPage: 1000,
  emptyPages: false,
  full: false,
  keepFewer: false,
  redirectMedia: false,
  exportSize: undefined,
  garbledUploads: 0,
  expiredSessions: 0,
})

export interface GoogleCaller {
  readonly account: string
  /** Without the common prefix. */
  readonly scopes: readonly string[]
}

/** An answer in the vendor's error format. Source: developers.google.com/workspace/drive/api/guides/handle-errors. */
export class GoogleError extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 411 | 413 | 416,
    readonly reason: string,
    message: string,
    readonly location?: string,
  ) {
    super(message)
  }

  toResponse(c: Context): Response {
    const { status, reason, message, location } = this
    const where = location === undefined ? {} : { location, locationType: 'parameter' }
    const errors = [{ message, domain: 'global', reason, ...where }]
    return c.json({ error: { code: status, message, errors } }, status)
  }
}

const PREFIX = 'https://www.googleapis.com/auth/'
const PROFILES: Record<
  string,
  { name: string; permissionId: string; sub: string; quota?: number }
> = {
  'ann@example.com': {
    name: 'Ann Lee',
    permissionId: '07120000000000000001',
    sub: '112800000000000000001',
    quota: 16_106_127_360,
  },
  // Unlimited storage: no limit is stated.
  'bob@example.com': {
    name: 'Bob Marsh',
    permissionId: '07120000000000000002',
    sub: '112800000000000000002',
  },
}

export class GoogleState {
  readonly files = new GoogleFiles()
  readonly settings = defaultGoogleSettings()
  /** Ids that were handed out by generateIds. */
  readonly generatedIds = new Set<string>()
  readonly pageTokens = new Map<string, { key: string; offset: number }>()

  constructor(readonly oauth: OAuthServer) {}

  profile(account: string): (typeof PROFILES)[string] {
    const profile = PROFILES[account]
    if (profile === undefined) throw new Error(`no Google account ${account}`)
    return profile
  }

  usedBy(account: string): number {
    let used = 0
    for (const file of this.files.byId.values()) {
      if (file.owner === account) used += file.content?.size ?? 0
    }
    return used
  }

  /** Bearer, and one of these scopes (sheet of methods and scopes in the API reference). */
  authorize(c: Context, scopes: readonly string[]): GoogleCaller {
    const grant = this.oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined) throw new GoogleError(401, 'authError', 'Invalid Credentials')
    const short = grant.scopes.map((scope) => scope.replace(PREFIX, ''))
    if (!scopes.some((scope) => short.includes(scope))) {
      throw new GoogleError(
        403,
        'insufficientPermissions',
        'Request had insufficient authentication scopes.',
      )
    }
    return { account: grant.account, scopes: short }
  }

  /** The query, with only these parameters. */
  query(c: Context, known: readonly string[]): URLSearchParams {
    const query = new URL(c.req.url).searchParams
    const switches = ['supportsAllDrives', 'includeItemsFromAllDrives', 'acknowledgeAbuse']
    for (const [name, value] of query) {
      if (![...known, 'prettyPrint'].includes(name) || query.getAll(name).length > 1) {
        throw new GoogleError(400, 'invalidParameter', `Unknown parameter ${name}`, name)
      }
      if (switches.includes(name) && !/^(?:true|false)$/.test(value)) {
        throw new GoogleError(400, 'invalidParameter', `Invalid boolean value: ${value}`, name)
      }
    }
    return query
  }

  /** Whether a file shows itself to this caller. */
  sees(caller: GoogleCaller, file: GoogleFile): boolean {
    if (!this.files.isVisible(caller.account, file)) return false
    const everything = ['drive', 'drive.readonly', 'drive.metadata.readonly']
    return file.byApp || everything.some((scope) => caller.scopes.includes(scope))
  }

  /** Items of shared drives are not found unless the request supports them. */
  find(caller: GoogleCaller, id: string, query: URLSearchParams): GoogleFile {
    const file = this.files.find(caller.account, id)
    const hidden = file?.driveId !== undefined && query.get('supportsAllDrives') !== 'true'
    if (file === undefined || hidden || !this.sees(caller, file)) {
      throw new GoogleError(404, 'notFound', `File not found: ${id}.`, 'fileId')
    }
    return file
  }

  /** Under drive.file only what the client made may change. */
  checkWritable(caller: GoogleCaller, file: GoogleFile): void {
    const isForeign = file.driveId === undefined && file.owner !== caller.account && !file.byApp
    // The top of a drive is nobody's to change.
    if (isForeign || file.parents.length === 0) {
      throw new GoogleError(
        403,
        'insufficientFilePermissions',
        'The user does not have sufficient permissions.',
      )
    }
    if (caller.scopes.includes('drive') || file.byApp) return
    throw new GoogleError(
      403,
      'appNotAuthorizedToFile',
      `The user has not granted the app write access to the file ${file.id}.`,
    )
  }

  /** A folder that the client may not write to does not exist for it; the root always does. */
  checkWritableParent(caller: GoogleCaller, folder: GoogleFile): void {
    if (caller.scopes.includes('drive') || folder.byApp) return
    if (folder.id === this.files.rootOf(caller.account)) return
    throw new GoogleError(404, 'notFound', `File not found: ${folder.id}.`, 'fileId')
  }

  exportLinks(file: GoogleFile): Record<string, string> {
    const types = EXPORTS[file.mimeType.split('.').at(-1) ?? ''] ?? []
    return Object.fromEntries(
      types.map((type) => [
        type,
        `https://docs.google.com/export?id=${file.id}&mime=${encodeURIComponent(type)}`,
      ]),
    )
  }
}

const OOXML = 'application/vnd.openxmlformats-officedocument'
/** A part of the documented table. */
export const EXPORTS: Readonly<Record<string, readonly string[]>> = {
  document: [
    `${OOXML}.wordprocessingml.document`,
    'application/vnd.oasis.opendocument.text',
    'application/rtf',
    'application/pdf',
    'text/plain',
    'application/zip',
    'application/epub+zip',
    'text/markdown',
  ],
  spreadsheet: [
    `${OOXML}.spreadsheetml.sheet`,
    'application/vnd.oasis.opendocument.spreadsheet',
    'application/pdf',
    'text/csv',
    'text/tab-separated-values',
  ],
  presentation: [
    `${OOXML}.presentationml.presentation`,
    'application/vnd.oasis.opendocument.presentation',
    'application/pdf',
    'text/plain',
  ],
  drawing: ['application/pdf', 'image/jpeg', 'image/png', 'image/svg+xml'],
}
