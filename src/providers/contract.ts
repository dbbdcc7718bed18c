// The one interface of every provider. A provider is data plus functions and keeps no state: what a call needs is in its Session.
import type { R2Bucket } from '@cloudflare/workers-types/2023-07-01'
import type { Outbound } from '../net/http.ts'
import type { OAuth2, PasswordAuth, BuiltIn, ProviderSettings } from './sign-in.ts'

/** Everything a provider's function may use. One is made for each request. */
export interface Session {
  readonly connectionId: string
  readonly userId: string
  /**
   * Sends with the connection's credentials (Bearer, Basic or Digest), refreshing once on a 401. Only URLs of the provider's
   * own API origins, or of the user's server, are accepted; anything else is a bug and throws.
   * Failures to connect become Problems; an HTTP error status is returned for the provider to read.
   */
  readonly http: (request: Outbound) => Promise<Response>
  /** Sends without any credential to a pre-signed URL on one of the provider's `presignedHosts`. */
  readonly anonymous: (request: Outbound) => Promise<Response>
  /** The server's base URL, with a trailing slash (password providers only). */
  readonly serverUrl?: string | undefined
  /** The user name, while a password connection is being made (`identify`). */
  readonly username?: string | undefined
  /** Scopes that were granted, normalised. */
  readonly scopes: readonly string[]
  /** What `identify` returned as `data` when the connection was made: ids that never change, such as a drive id. */
  readonly data: Readonly<Record<string, string>>
  /** Replaces `data`, for this request and those to come, where something in it turned out to have changed. */
  readonly remember: (data: Readonly<Record<string, string>>) => Promise<void>
  readonly settings: ProviderSettings
  /** The bucket, for `r2` alone. */
  readonly bucket?: R2Bucket | undefined
  /** What its user may keep there, for `r2` alone. */
  readonly ledger?: Ledger | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The account of a user's bytes in the default storage: what is there, and what is held for writes under way. */
export interface Ledger {
  /**
   * Holds `bytes` for a write that is about to begin, or for one that goes on: an earlier hold with the same id stays, and takes
   * the options of this one. 0 is never refused. What is not settled or released when the hold ends is counted anew in the bucket.
   * Throws `quota_exceeded`.
   */
  readonly hold: (id: string, bytes: number, options?: HoldOptions) => Promise<void>
  /** Ends a hold: the objects have grown by so many bytes (or shrunk). `unknown` has them counted anew. */
  readonly settle: (id: string, change: number | 'unknown') => Promise<void>
  /** Ends a hold with which nothing was done. */
  readonly release: (id: string) => Promise<void>
  readonly usage: () => Promise<Usage>
}

export interface HoldOptions {
  /** Milliseconds since the epoch; an hour from now unless told. */
  readonly until?: number
  /**
   * `add`: an object may come at any moment. `change`: some may be replaced or go. `staging`: bytes that are no object of the
   * user's, or not yet; when such a hold ends by itself there is nothing to count.
   */
  readonly kind?: 'add' | 'change' | 'staging'
}

export interface Usage {
  /** Bytes. */
  readonly used: number
  /** Bytes held for what is being written. */
  readonly reserved: number
  /** Bytes; null where there is no limit. */
  readonly quota: number | null
}

export interface Account {
  /** The vendor's stable id of the account; with user and provider it is unique among connections. */
  readonly id: string
  readonly email?: string | undefined
  readonly name?: string | undefined
  /** The server's real base, where it is not what the user typed. */
  readonly serverUrl?: string | undefined
  /** Kept with the connection in the clear: nothing secret. */
  readonly data?: Readonly<Record<string, string>> | undefined
}

export interface Quota {
  /** Bytes; undefined where the vendor does not say or there is no limit. */
  readonly total?: number | undefined
  readonly used?: number | undefined
}

export interface Health {
  readonly quota?: Quota | undefined
}

export interface ContentHash {
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'quickxor' | 'dropbox' | 'etag'
  /** Hex, except quickxor: base64. */
  readonly value: string
}

/** A file or folder. */
export interface Entry {
  readonly id: string
  readonly name: string
  readonly isFolder: boolean
  /** Bytes; null for folders, and for content whose size only the export tells. */
  readonly size: number | null
  readonly mimeType: string | null
  /** RFC 3339, UTC. */
  readonly modifiedAt: string | null
  /** Changes whenever the content does; opaque. */
  readonly etag: string | null
  readonly hash?: ContentHash | undefined
  readonly webUrl?: string | undefined
  /**
   * Media types `download` can make of it; present = it has no bytes of its own. The first is the default; none at all = it
   * cannot be downloaded.
   */
  readonly exportableAs?: readonly string[] | undefined
  readonly parentId?: string | undefined
  /** A part of the drive itself, which cannot be renamed, moved or deleted. */
  readonly isFixed?: boolean | undefined
}

export interface Page {
  readonly entries: readonly Entry[]
  /** The vendor's own cursor; the API seals it before it leaves. */
  readonly cursor: string | null
}

export interface ListOptions {
  readonly folderId: string
  readonly cursor: string | null
  /** Entries per page, 1 to 1000: a wish, pages may be shorter. */
  readonly limit: number
}

export interface SearchOptions {
  readonly query: string
  readonly cursor: string | null
  readonly limit: number
}

/** A folder and the way to it from the top, the top first, the folder itself not included. */
export interface Location {
  readonly id: string
  readonly name: string
  readonly path: readonly { readonly id: string; readonly name: string }[]
}

export interface ByteRange {
  /** First byte, or undefined for the last `suffix` bytes. */
  readonly start?: number | undefined
  /** Last byte, inclusive. */
  readonly end?: number | undefined
  readonly suffix?: number | undefined
}

export interface DownloadOptions {
  readonly range?: ByteRange | undefined
  /** The content's etag as `stat` gave it: content that has changed since must not be served as a range (answer 200, whole). */
  readonly ifMatch?: string | undefined
  /** One of `exportableAs`. */
  readonly format?: string | undefined
  /** The item as it was listed: where the bytes come with their version, and it is this one, it need not be looked at again. */
  readonly known?: Entry | undefined
}

export interface Download {
  /** 206 only if the vendor really answered with the range that was asked. */
  readonly status: 200 | 206
  readonly body: ReadableStream<Uint8Array> | null
  /** Bytes of `body`, where known. */
  readonly length: number | null
  /** With 206: the first and last byte and the whole size (null if unknown). */
  readonly contentRange?: {
    readonly start: number
    readonly end: number
    readonly total: number | null
  }
  readonly entry: Entry
  /** The media type of the bytes (differs from the entry's for an export). */
  readonly mimeType: string | null
  /** The name with the ending of the export, where one was made. */
  readonly fileName: string
}

export type Conflict = 'fail' | 'rename' | 'replace'

export interface UploadTarget {
  /** Random, and of this upload alone: temporary names and marks are made of it. Letters, digits, `-` and `_`. */
  readonly id: string
  readonly parentId: string
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly mimeType: string
  readonly conflict: Conflict
}

/** How far an upload is: at the vendor's committed offset, or done. `state` is JSON and is stored sealed. */
export type Progress<State> =
  | { readonly done: false; readonly offset: number; readonly state: State }
  | {
      readonly done: true
      readonly entry: Entry
      /** The vendor is known to change files of this kind when it stores them. */
      readonly rewritten?: boolean
    }

/** What the Worker can compute while bytes flow: native digests, and Dropbox's own, which is made of SHA-256. */
export type DigestAlgorithm = 'md5' | 'sha1' | 'sha256' | 'dropbox'

export interface Fragment {
  readonly offset: number
  /** Bytes of `body`: exactly this many arrive. */
  readonly length: number
  readonly total: number
  /** Sent out with an exact Content-Length: a FixedLengthStream's readable or an untouched request body. */
  readonly body: ReadableStream<Uint8Array> | null
}

/** Uploading in requests of the vendor's own shape. */
export interface Upload<State> {
  /** Every fragment but the last is a multiple of this many bytes, for a file of `total`. */
  readonly alignment: (total: number) => number
  /**
   * Bytes of the next request, at most: of a file of `total` bytes, `available` are at hand in one body. Infinity where one
   * request takes any number.
   */
  readonly fragmentSize: (total: number, available: number) => number
  /** Whether an upload can be continued from its offset, also in another request: `state` is all that is needed. */
  readonly resumable: boolean
  /** Whether the vendor keeps the first part of a request that was cut off. */
  readonly keepsCut?: boolean
  /** The hash that the vendor gives, where it is one that can be compared with what was sent in one request. */
  readonly digest?: DigestAlgorithm
  /** Whether it gives that hash also for a file that it got in several requests. */
  readonly hashesParts?: boolean
  /** Opens a session (or, for an empty file, finishes at once). Refuses a name that is taken when `conflict` is `fail`. */
  readonly begin: (session: Session, target: UploadTarget) => Promise<Progress<State>>
  /**
   * Sends one fragment at the committed offset; one of the whole length is the whole file. An empty one behind the last byte only
   * asks for the end. Throws a Problem with `ended` where the vendor's session is gone for good.
   */
  readonly write: (session: Session, state: State, fragment: Fragment) => Promise<Progress<State>>
  /** Asks the vendor what it has kept. Throws a Problem with `ended` where the session is gone and the file is not there. */
  readonly offset: (session: Session, state: State) => Promise<Progress<State>>
  /** Cancels. False when the vendor could not be told, and may still have something. Never throws. */
  readonly abort: (session: Session, state: State) => Promise<boolean>
}

export interface Provider<State = unknown> {
  readonly id: string
  readonly aliases?: readonly string[]
  readonly label: string
  readonly auth: OAuth2 | PasswordAuth | BuiltIn
  /** Real origins of the vendor's API; `server` = the origin of the user's own server. */
  readonly origins: readonly string[] | 'server'
  /** Host suffixes of pre-signed URLs, with a leading dot. */
  readonly presignedHosts?: readonly string[]
  /** Files of one import that are fetched at once, 1 to 6: as many as the vendor bears without throttling. 4 unless told. */
  readonly parallelImports?: number
  readonly identify: (session: Session) => Promise<Account>
  readonly check: (session: Session) => Promise<Health>
  readonly list: (session: Session, options: ListOptions) => Promise<Page>
  readonly locate: (session: Session, folderId: string) => Promise<Location>
  readonly stat: (session: Session, id: string) => Promise<Entry>
  readonly download: (session: Session, id: string, options: DownloadOptions) => Promise<Download>
  readonly upload?: Upload<State>
  readonly createFolder?: (session: Session, parentId: string, name: string) => Promise<Entry>
  /** Renames, moves, or both. `name_conflict` if the name is taken there. */
  readonly update?: (
    session: Session,
    id: string,
    change: { readonly name?: string | undefined; readonly parentId?: string | undefined },
  ) => Promise<Entry>
  /** To the vendor's bin where it has one. An item that is missing already is a success. */
  readonly remove?: (session: Session, id: string) => Promise<void>
  readonly search?: (session: Session, options: SearchOptions) => Promise<Page>
  /** Where documents go when the user chose no folder: an id, made if need be. Absent = the root. */
  readonly documentFolder?: (session: Session) => Promise<string>
  /** That folder, if it was made for this user alone and is there: it goes with the user, once it is empty. */
  readonly findDocumentFolder?: (session: Session) => Promise<string | undefined>
  /** The id that a file will have, where ids follow from folder and name. */
  readonly foretellId?: (folderId: string, name: string) => string
  readonly revocation?: Revocation
}

/** How a grant is ended at the vendor (RFC 7009). */
export interface Revocation {
  /** `account`: ends every connection of the vendor's account, so only the last one may do it (Google). */
  readonly reach: 'grant' | 'account'
  /** The vendor wants a valid access token for it: one that has ended is refreshed first. */
  readonly needsAccessToken?: boolean
  /** A grant that is gone already is a success. `token` is the refresh token, or the password. */
  readonly revoke: (session: Session, token: string) => Promise<void>
}
