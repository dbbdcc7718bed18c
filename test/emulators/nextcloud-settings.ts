// Lists every switch of the Nextcloud emulator; the defaults are a strict server of a current version, chunking v2 included.

const MIB = 1024 * 1024
const HOUR = 3_600_000

export interface NextcloudSettings {
  /** The server's clock, in milliseconds: set it forward to let logins, upload folders and throttling expire. */
  now: () => number

  /** Four numbers; '' as on a server whose administrator hides it. */
  version: string
  /** The themed name, which need not have "Nextcloud" in it. */
  productName: string
  installed: boolean
  maintenance: boolean
  needsDbUpgrade: boolean
  /** Host names that are answered; undefined: any. */
  trustedDomains: string[] | undefined
  /** Sends every request to this base, the path behind it: a server that moved, or that wants https. */
  redirect: { to: string; status: 301 | 302 | 307 | 308 } | undefined
  /** False: `/index.php/` is needed in the URLs of the front controller, and is in those that are handed out. */
  prettyUrls: boolean
  /** Origin in the URLs of Login Flow v2, as behind a proxy that is set wrongly (`http://cloud.internal`). */
  advertisedOrigin: string | undefined

  /**
   * What another name than the user's id in `/files/{user}/` leads to. `by-principal`: an empty collection where an account has
   * that id, 404 where none has; `empty`: always an empty one (a user back end that finds accounts by login name).
   */
  wrongHome: 'by-principal' | 'empty' | 'not-found'
  /** Ids of accounts with a second factor: their real password opens nothing. */
  twoFactor: string[]
  /** Failed logins until 429, and the first delay in milliseconds (0.2 s at the vendor), doubled by each failure. */
  bruteForce: { limit: number; firstDelayMs: number }
  /** How long a login may take from its start to the user's consent and the poll that fetches it. */
  loginLifetimeMs: number

  /** Bytes for each user id; -1 not computed, -2 unknown, -3 unlimited. */
  quota: Record<string, number>
  /** What is uploaded in one PUT is stored with a wrong byte; as many as this. */
  garbledUploads: number
  /** False: a version that does not know X-Hash. */
  hashes: boolean
  /** False deletes at once. */
  trashbin: boolean
  /** A PUT without Content-Length: refused, taken, or stored with 0 bytes (PHP-FPM behind Apache). */
  unknownLength: 'refuse' | 'accept' | 'store-nothing'
  /** Bytes above which a PUT gets 413, as from a proxy. */
  bodyLimit: number
  /** True answers 400 to bytes that do not have the OC-Checksum they came with (ownCloud); Nextcloud stores it unread. */
  verifyChecksums: boolean
  /** What `capabilities.files` names, and what names are held against; compared without case. */
  forbiddenCharacters: string[]
  forbiddenNames: string[]
  forbiddenBasenames: string[]
  forbiddenExtensions: string[]
  /** Paths of files (`/docs/a.txt`) that answer 423 to each write. */
  locked: string[]

  /** `v1` is a server without a distributed cache: the same requests run without the rules of v2. */
  chunking: 'v2' | 'v1'
  /** False lets MKCOL and PUT without Destination pass as v1, as the vendor does; the documentation of v2 requires it. */
  requireDestination: boolean
  /** Bytes of a chunk that is not the last one, and of any chunk. */
  chunkMin: number
  chunkMax: number
  uploadLifetimeMs: number
  /** How long the final MOVE assembles, and after how long the proxy in front of the server gives up with 504. */
  assembleMs: number
  gatewayTimeoutMs: number
  /** `capabilities.files.chunked_upload`; undefined as on an older server. */
  chunkedUpload: { max_size: number; max_parallel_count: number } | undefined
}

/** The settings of a strict and well-behaved server. */
export function defaultSettings(): NextcloudSettings {
  return {
    now: () => Date.now(),
    version: '31.0.4.1',
    productName: 'Harbour Cloud',
    installed: true,
    maintenance: false,
    needsDbUpgrade: false,
    trustedDomains: undefined,
    redirect: undefined,
    prettyUrls: true,
    advertisedOrigin: undefined,
    wrongHome: 'by-principal',
    twoFactor: [],
    bruteForce: { limit: 10, firstDelayMs: 0 },
    loginLifetimeMs: HOUR / 3,
    quota: { mia: 10 * 1024 * MIB, ida: -3, full: 24 * MIB },
    garbledUploads: 0,
    hashes: true,
    trashbin: true,
    unknownLength: 'refuse',
    bodyLimit: Infinity,
    verifyChecksums: false,
    forbiddenCharacters: ['\\', '/'],
    forbiddenNames: ['.htaccess'],
    forbiddenBasenames: [],
    forbiddenExtensions: ['.part', '.filepart'],
    locked: [],
    chunking: 'v2',
    requireDestination: true,
    chunkMin: 5 * MIB,
    chunkMax: 5 * 1024 * MIB,
    uploadLifetimeMs: 24 * HOUR,
    assembleMs: 0,
    gatewayTimeoutMs: Infinity,
    chunkedUpload: { max_size: 100 * MIB, max_parallel_count: 5 },
  }
}
