// Lists every oddity that the WebDAV emulator can be switched to; the defaults are a strict, well-behaved server.

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess'

export interface DavSettings {
  /** `several` offers Negotiate, NTLM, Digest and Basic in header lines of their own and takes the last two. */
  auth: 'basic' | 'digest' | 'several' | 'ntlm' | 'none'
  /** True sends all challenges in one comma-separated line, as a proxy may fold them. */
  foldChallenges: boolean
  realm: string
  /** One challenge for each, in this order (RFC 7616 section 3.7: the server's preference). */
  digestAlgorithms: DigestAlgorithm[]
  /** `none` is RFC 2069: no qop, no nc, no cnonce. */
  digestQop: 'auth' | 'none'
  /** How many requests a nonce is good for; the next one gets 401 with stale=true. */
  nonceUses: number
  /** `rising` refuses a lower nc that overtook another on the way, as Apache's AuthDigestNcCheck does. */
  nonceCount: 'unique' | 'rising'
  /** False lets OPTIONS through without credentials. */
  optionsNeedAuth: boolean

  /** Namespace prefixes in multistatus documents; `lp1` mixes two as Apache does, `mixed` redeclares per response. */
  prefix: 'd' | 'D' | 'a' | 'lp1' | 'default' | 'mixed'
  /** `path` encodes all but RFC 3986 unreserved; `loose` leaves sub-delims raw; the rest says itself. */
  href: 'path' | 'loose' | 'absolute' | 'other-host' | 'lower-hex' | 'raw-utf8' | 'relative'
  /** What `/dav-server/` is called in hrefs (a proxy that rewrites requests only); undefined: as requested. */
  hrefBase: string | undefined
  self: 'first' | 'last' | 'absent'
  collectionSlash: boolean
  /** Where properties that an item does not have go: a 404 propstat after or before the 200 one, or nowhere. */
  missingProps: 'after' | 'before' | 'omit'
  /** The form of the status line inside a multistatus; `absent` leaves out that of found properties. */
  statusLine: 'full' | 'bare' | 'http2' | 'absent'
  /** How text is written: escaped, as CDATA, or with every non-alphanumeric as a character reference. */
  text: 'plain' | 'cdata' | 'references'
  date: 'rfc1123' | 'numeric-zone' | 'one-digit-day' | 'unix-date' | 'rfc3339' | 'empty' | 'absent'
  etag: 'strong' | 'weak' | 'unquoted' | 'none'
  displayName: 'name' | 'empty' | 'encoded' | 'title' | 'absent'
  contentLength: 'files' | 'everything' | 'absent'
  /** `iscollection` is the old Microsoft property; `extra` has a vendor's element beside `collection`. */
  collectionMark: 'resourcetype' | 'iscollection' | 'extra'
  /** Takes the place of the multistatus document (and, for `login-page`, of a download). */
  answer:
    | 'multistatus'
    | 'login-page'
    | 'empty-multistatus'
    | 'doctype'
    | 'entity-bomb'
    | 'external-entity'
    | 'not-xml'
    | 'cut'
    | 'deep'
    | 'endless'
    | 'utf-16'
    | 'latin-1'
  /** `as-one` answers Depth: infinity (or none) as Depth: 1, silently. */
  infiniteDepth: 'refuse' | 'as-one'

  /** A PUT without Content-Length: refused, taken, or stored with 0 bytes (PHP-FPM behind Apache). */
  unknownLength: 'refuse' | 'accept' | 'store-nothing'
  /** False ignores If-Match and If-None-Match on writing, as nginx and rclone do. */
  conditions: boolean
  /** False leaves ETag out of the answer to a PUT. */
  etagOnPut: boolean
  /** True keeps what arrived of an upload whose client went away. */
  keepsCutUploads: boolean
  /** Bytes above which a PUT gets 413, as from a proxy. */
  bodyLimit: number
  /** Bytes in all for a user: above it 507. `unlimited` shows -3, `unknown` -2, `absent` no quota properties. */
  quota: number | 'unlimited' | 'unknown' | 'absent'
  range: 'honour' | 'ignore'
  /** True compresses downloads unless the client says `Accept-Encoding: identity`. */
  compress: boolean
  head: 'normal' | 'no-length' | 'refuse'
  folderGet: 'refuse' | 'html'

  /** True answers 409 for a collection addressed without a trailing slash, as nginx does. */
  slashStrict: boolean
  /** The scheme the server believes in: an absolute Destination with the other one gets 502. */
  believes: 'http' | 'https'
  destinations: 'both' | 'absolute' | 'path'
  deleteMissing: 404 | 204
  /** Paths (`/docs/a.txt`) that answer 423 to each write; within a collection's DELETE they make a 207. */
  locked: string[]
  /** The DAV header of OPTIONS; undefined as behind a proxy that strips it. */
  davHeader: string | undefined

  /** Answers these instead of the normal ones, before authentication is looked at. */
  refuse: { status: number; methods?: string[]; times?: number; retryAfter?: string } | undefined
  /** Redirects, before authentication: to the trap, to itself, to the slash, to https of itself, or to a URL. */
  redirect:
    | {
        to: 'trap' | 'loop' | 'slash' | 'https' | { url: string }
        status: number
        methods?: string[]
      }
    | undefined
}

/** The settings of a strict and well-behaved server. */
export function defaultSettings(): DavSettings {
  return {
    auth: 'basic',
    foldChallenges: false,
    realm: 'Slipway DAV',
    digestAlgorithms: ['MD5'],
    digestQop: 'auth',
    nonceUses: Infinity,
    nonceCount: 'unique',
    optionsNeedAuth: true,
    prefix: 'd',
    href: 'path',
    hrefBase: undefined,
    self: 'first',
    collectionSlash: true,
    missingProps: 'after',
    statusLine: 'full',
    text: 'plain',
    date: 'rfc1123',
    etag: 'strong',
    displayName: 'name',
    contentLength: 'files',
    collectionMark: 'resourcetype',
    answer: 'multistatus',
    infiniteDepth: 'refuse',
    unknownLength: 'refuse',
    conditions: true,
    etagOnPut: true,
    keepsCutUploads: false,
    bodyLimit: Infinity,
    quota: 10 * 1024 ** 3,
    range: 'honour',
    compress: false,
    head: 'normal',
    folderGet: 'refuse',
    slashStrict: false,
    believes: 'http',
    destinations: 'both',
    deleteMissing: 404,
    locked: [],
    davHeader: '1, 2',
    refuse: undefined,
    redirect: undefined,
  }
}
