// What the API answers. Written by `npm run types:client` from the views of the Worker: not to be edited.

/** The codes of the API's problems; each is described at `/problems/{code}`. */
export type ProblemCode =
  | 'access_denied'
  | 'account_mismatch'
  | 'admin_consent_required'
  | 'blocked_url'
  | 'checksum_mismatch'
  | 'forbidden'
  | 'insufficient_scope'
  | 'internal'
  | 'invalid_request'
  | 'invalid_state'
  | 'item_not_found'
  | 'name_conflict'
  | 'not_found'
  | 'not_supported'
  | 'offset_mismatch'
  | 'payload_too_large'
  | 'provider_misconfigured'
  | 'provider_timeout'
  | 'provider_unavailable'
  | 'quota_exceeded'
  | 'range_not_satisfiable'
  | 'rate_limited'
  | 'reauth_required'
  | 'server_check_failed'
  | 'unauthorized'
  | 'upload_locked'

/** One field of a request that is wrong, and why. */
export type FieldError = {
  /** Where it stands, e.g. `body.server_url`, `query.limit`, `header.Range`. */
  readonly field: string
  readonly message: string
}

/** The body of a problem (RFC 9457). */
export type ProblemBody = {
  /** A page that explains the code. */
  readonly type: string
  /** The kind of failure in words; the same for each of a code. */
  readonly title: string
  /** The HTTP status. */
  readonly status: number
  /** What went wrong this time. */
  readonly detail: string
  /** What a program should look at. */
  readonly code: ProblemCode
  /** To quote to the operator: the log has it. */
  readonly request_id: string
  /** Seconds to wait before the next try. */
  readonly retry_after?: number
  /** Each wrong field, with `invalid_request`. */
  readonly errors?: readonly {
    /** Where it stands: `body.`, `query.`, `header.`, `metadata.` and a name. */
    readonly field: string
    /** What is wrong with it. */
    readonly message: string
  }[]
  /** The scope that is missing, with `insufficient_scope`. */
  readonly scope?: string
  /** The word of an earlier contract; below `/api/cloud-accounts` alone. */
  readonly error?: 'ACCESS_DENIED' | 'INVALID_CLIENT' | 'INVALID_GRANT'
}

/** Who calls, where their documents go, and how much they take there. */
export type User = {
  readonly default_storage: {
    /** A provider’s id. */
    readonly backend: string
    /** Null for the built-in storage. */
    readonly connection_id: string | null
    /** Null: the provider’s own place for documents. */
    readonly folder_id: string | null
  }
  /** The token’s subject. */
  readonly user_id: string
  /** The token’s claim. */
  readonly email: string | null
  /** What the default storage holds of the caller’s. */
  readonly storage: {
    /** Bytes. */
    readonly used: number
    /** Bytes held for what is being written. */
    readonly reserved: number
    /** Bytes; null where there is no limit. */
    readonly quota: number | null
  }
}

/** A kind of drive that can be connected, and what it can do. */
export type Provider = {
  /** As it stands in paths. */
  readonly id: string
  /** For people. */
  readonly label: string
  /** How users connect. `login_flow`: at their own server, or with the password form. `builtin`: always there. */
  readonly auth: 'builtin' | 'login_flow' | 'oauth2' | 'password'
  /** The form of a password provider. */
  readonly form_fields: readonly {
    /** Of the member of the body. */
    readonly name: 'label' | 'password' | 'server_url' | 'username'
    /** For people. */
    readonly label: string
    /** Of the input. */
    readonly type: 'password' | 'text' | 'url'
    /** Whether it must be filled in. */
    readonly required: boolean
    /** An example. */
    readonly placeholder?: string
  }[]
  /** False: the operator has not set the client id. */
  readonly configured: boolean
  /** What it can do; the rest is `not_supported`. */
  readonly capabilities: {
    /** Folders can be listed. */
    readonly list: boolean
    /** Content can be read. */
    readonly download: boolean
    /** Files can be written. */
    readonly upload: boolean
    /** An upload goes on at the vendor after a break. */
    readonly resumable_upload: boolean
    /** Folders can be made. */
    readonly create_folder: boolean
    /** Items can be renamed and moved. */
    readonly update: boolean
    /** Items can be deleted. */
    readonly remove: boolean
    /** The drive can be searched. */
    readonly search: boolean
    /** Documents there have signed URLs. */
    readonly presigned_urls: boolean
  }
}

/** Bytes; null where the provider does not say. */
export type Quota = {
  /** Bytes; null where there is no limit, or the vendor does not say. */
  readonly total: number | null
  /** Bytes; null where the vendor does not say. */
  readonly used: number | null
}

/** A drive that the user has connected. */
export type Connection = {
  /** Of the connection. */
  readonly id: string
  /** The provider’s id. */
  readonly provider: string
  /** What the user calls it. */
  readonly label: string
  /** Of the account. */
  readonly account_email: string | null
  /** Of the account. */
  readonly account_name: string | null
  /** `REQUIRES_REAUTH`: only the user can help, by reconnecting. `ERROR`: the last call failed; the next may not. */
  readonly status: 'ACTIVE' | 'ERROR' | 'REQUIRES_REAUTH'
  /** What was really granted. */
  readonly scopes: readonly string[]
  /** The server of a password connection. */
  readonly server_url: string | null
  /** When it was made. */
  readonly created_at: string
  /** When it changed last. */
  readonly updated_at: string
  /** When it was used last. */
  readonly last_used_at: string | null
  /** The problem code of its last failure. */
  readonly last_error_code: string | null
  /** Until then the vendor wants no requests. */
  readonly throttled_until: string | null
  readonly warning: {
    /** Why it is about to end. */
    readonly code: 'grant_ages' | 'grant_idle' | 'grant_limited'
    /** For the user. */
    readonly message: string
    /** When it ends. */
    readonly ends_at: string
  } | null
  readonly quota: Quota | null
}

/** What the granted permissions do not allow, and the request that would add what is missing. */
export type Limitation = {
  /** The scope that was not granted. */
  readonly scope: string
  /** What cannot be done without it. */
  readonly message: string
  /** The request that adds it to the same connection. */
  readonly initiate_url: string
}

/** What a live check of a connection found. */
export type Health = {
  /** A check that fails is a problem. */
  readonly status: 'ACTIVE'
  readonly quota: Quota | null
  /** What the granted scopes do not allow. */
  readonly limitations: readonly Limitation[]
  readonly warning: {
    /** Why it is about to end. */
    readonly code: 'grant_ages' | 'grant_idle' | 'grant_limited'
    /** For the user. */
    readonly message: string
    /** When it ends. */
    readonly ends_at: string
  } | null
}

/** What is known of the bytes of a file that was uploaded. */
export type Verification = {
  /** `verified`: the vendor’s hash is that of the bytes that passed. `unverified`: the size is right, and `reason` says why nobody can say more. `rewritten_by_vendor`: the vendor changes files of this kind when it stores them. */
  readonly verdict: 'rewritten_by_vendor' | 'unverified' | 'verified'
  /** Bytes that the vendor has; those that were sent, where it does not say. */
  readonly size: number
  /** With `unverified`. */
  readonly reason?:
    'hash_not_computed' | 'received_before' | 'sent_in_several_requests' | 'vendor_gives_no_hash'
  /** Of the vendor’s hash. */
  readonly algorithm?: string
  /** As the vendor writes it: hex, QuickXor in base64. */
  readonly vendor_hash?: string
  /** Computed while the bytes passed, in hex. */
  readonly our_hash?: string
}

/** A file or a folder of a drive. */
export type Item = {
  readonly id: string
  /** As the drive has it. */
  readonly name: string
  /** Whether it can be listed. */
  readonly is_folder: boolean
  /** Bytes; null for folders, and for content whose size only the export tells. */
  readonly size: number | null
  /** The media type, where the drive knows one. */
  readonly mime_type: string | null
  /** When the content changed last: RFC 3339. */
  readonly modified_at: string | null
  /** Changes whenever the content does; opaque. */
  readonly etag: string | null
  /** The vendor’s own hash of the content, where it gives one. */
  readonly hash?: {
    /** How the vendor computes it. */
    readonly algorithm: 'dropbox' | 'etag' | 'md5' | 'quickxor' | 'sha1' | 'sha256'
    /** Hex, except QuickXor: base64. */
    readonly value: string
  }
  /** Opens it at the vendor. */
  readonly web_url?: string
  /** Present: it has no bytes of its own; these media types can be had with `format`, the first unless told. Empty: it cannot be downloaded. */
  readonly exportable_as?: readonly string[]
  /** The folder that it is in, where the vendor says so. */
  readonly parent_id?: string
  /** A part of the drive itself: it cannot be renamed, moved or deleted. */
  readonly is_fixed?: boolean
  readonly verification?: Verification
}

/** A folder, and the folders on the way to it from the top. */
export type Folder = {
  readonly id: string
  /** Its name. */
  readonly name: string
  /** The way to it, the top first, itself not included. */
  readonly path: readonly {
    readonly id: string
    /** Its name. */
    readonly name: string
  }[]
}

/** One page of a folder. */
export type Listing = {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
  /** A folder, and the way to it from the top. */
  readonly folder: Folder
}

/** One page of what a provider's own search found. */
export type ItemPage = {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** A URL that needs no token, for a while. */
export type Ticket = {
  /** Gives the content to whoever holds it. */
  readonly url: string
  /** A minute from now. */
  readonly expires_at: string
}

/** An upload in several requests. */
export type UploadView = {
  /** Of the upload. */
  readonly id: string
  /** `open`: bytes are missing. `completed`: the file is there. `failed`: it cannot go on, and nothing of it is left. */
  readonly status: 'completed' | 'failed' | 'open'
  /** Bytes that are kept, as far as is known without asking the vendor. */
  readonly offset: number
  /** Bytes of the whole file. */
  readonly size: number
  /** Its name. */
  readonly filename: string
  /** Where it goes; a built-in provider’s id stands for itself. */
  readonly connection_id: string
  /** The document that it becomes, if it does. */
  readonly document_id: string | null
  readonly item: Item | null
  /** Why it failed, as a problem code. */
  readonly error_code: string | null
  /** When it was begun. */
  readonly created_at: string
  /** When it ends unless bytes arrive. */
  readonly expires_at: string
}

/** What an import is doing; of those paused, `pause_reason` says why. */
export type ImportStatus = 'cancelled' | 'completed' | 'failed' | 'paused' | 'running'

export type ImportFileState =
  'downloading' | 'failed' | 'imported' | 'processing' | 'skipped' | 'waiting'

/** Why a file was skipped, or failed. */
export type ImportReason =
  | 'broken_file'
  | 'cancelled'
  | 'changed_while_reading'
  | 'connection_removed'
  | 'corrupt_download'
  | 'duplicate'
  | 'duplicate_content'
  | 'encrypted'
  | 'inflated_too_large'
  | 'input_too_large'
  | 'insufficient_scope'
  | 'interrupted'
  | 'item_not_found'
  | 'no_text'
  | 'not_downloadable'
  | 'provider_error'
  | 'quota_exceeded'
  | 'too_deep'
  | 'too_many_files'
  | 'too_many_pages'
  | 'too_much_text'
  | 'took_too_long'
  | 'type_mismatch'
  | 'unsupported_type'

/** An import, and how far it is. */
export type Import = {
  /** Of the import. */
  readonly id: string
  /** Where the files come from. */
  readonly connection_id: string
  /** The provider’s id. */
  readonly provider: string
  /** Of the documents that it makes. */
  readonly category: string | null
  /** What is done with a file that is a document already. */
  readonly on_duplicate: 'keep_both' | 'replace' | 'skip'
  /** Whether the files themselves are kept too. */
  readonly keep_original: boolean
  /** `paused`: see `pause_reason`. `completed`: every file has its state, whichever it is. */
  readonly status: ImportStatus
  /** Why it does not go on: by itself at `resume_at`, after a reconnect, or when the user resumes it. */
  readonly pause_reason: 'provider_unavailable' | 'reauth_required' | 'throttled' | 'user' | null
  /** When a pause ends by itself. */
  readonly resume_at: string | null
  /** A problem code, where the import as a whole failed. */
  readonly error: string | null
  /** False: folders are still being listed, and there may be more files. */
  readonly planned: boolean
  /** Files by state. */
  readonly counts: {
    /** Not begun. */
    readonly waiting: number
    /** Their bytes are being read. */
    readonly downloading: number
    /** Their text is being read. */
    readonly processing: number
    /** They are documents now. */
    readonly imported: number
    /** Left out on purpose. */
    readonly skipped: number
    /** Not to be had; each has its reason. */
    readonly failed: number
    /** All of these. */
    readonly total: number
  }
  readonly folders: {
    /** Still to be listed. */
    readonly open: number
    /** Listed. */
    readonly listed: number
    /** Could not be listed. */
    readonly failed: number
  }
  readonly bytes: {
    /** Bytes read. */
    readonly done: number
    /** Bytes as far as they are known. */
    readonly total: number
  }
  /** Passages made so far. */
  readonly chunks: number
  /** Rises with every change; `events` can go on from it. */
  readonly version: number
  /** When it was ordered. */
  readonly created_at: string
  /** When it changed last. */
  readonly updated_at: string
  /** When it was over. */
  readonly finished_at: string | null
}

/** The same, with the folders that could not be listed. */
export type ImportDetails = {
  /** Of the import. */
  readonly id: string
  /** Where the files come from. */
  readonly connection_id: string
  /** The provider’s id. */
  readonly provider: string
  /** Of the documents that it makes. */
  readonly category: string | null
  /** What is done with a file that is a document already. */
  readonly on_duplicate: 'keep_both' | 'replace' | 'skip'
  /** Whether the files themselves are kept too. */
  readonly keep_original: boolean
  /** `paused`: see `pause_reason`. `completed`: every file has its state, whichever it is. */
  readonly status: ImportStatus
  /** Why it does not go on: by itself at `resume_at`, after a reconnect, or when the user resumes it. */
  readonly pause_reason: 'provider_unavailable' | 'reauth_required' | 'throttled' | 'user' | null
  /** When a pause ends by itself. */
  readonly resume_at: string | null
  /** A problem code, where the import as a whole failed. */
  readonly error: string | null
  /** False: folders are still being listed, and there may be more files. */
  readonly planned: boolean
  /** Files by state. */
  readonly counts: {
    /** Not begun. */
    readonly waiting: number
    /** Their bytes are being read. */
    readonly downloading: number
    /** Their text is being read. */
    readonly processing: number
    /** They are documents now. */
    readonly imported: number
    /** Left out on purpose. */
    readonly skipped: number
    /** Not to be had; each has its reason. */
    readonly failed: number
    /** All of these. */
    readonly total: number
  }
  readonly folders: {
    /** Still to be listed. */
    readonly open: number
    /** Listed. */
    readonly listed: number
    /** Could not be listed. */
    readonly failed: number
  }
  readonly bytes: {
    /** Bytes read. */
    readonly done: number
    /** Bytes as far as they are known. */
    readonly total: number
  }
  /** Passages made so far. */
  readonly chunks: number
  /** Rises with every change; `events` can go on from it. */
  readonly version: number
  /** When it was ordered. */
  readonly created_at: string
  /** When it changed last. */
  readonly updated_at: string
  /** When it was over. */
  readonly finished_at: string | null
  /** The first 100 folders that could not be listed. */
  readonly failed_folders: readonly {
    /** The provider’s id of the folder. */
    readonly item_id: string
    /** Names from what was chosen downwards. */
    readonly path: string
    readonly reason: ImportReason | null
  }[]
}

/** One file of an import. */
export type ImportFile = {
  /** Of the file within imports. */
  readonly id: string
  /** The provider’s id of the file. */
  readonly item_id: string
  /** Its name. */
  readonly name: string
  /** Names from what was chosen downwards. */
  readonly path: string
  /** Bytes; null for what only the export tells. */
  readonly size: number | null
  /** Of the bytes that are read. */
  readonly mime_type: string | null
  /** How far it is. */
  readonly state: ImportFileState
  readonly reason: ImportReason | null
  /** Bytes read. */
  readonly bytes_done: number
  /** Passages made of it. */
  readonly chunks: number
  /** The document that it became, or is already. */
  readonly document_id: string | null
  /** Opens it at the vendor. */
  readonly web_url: string | null
  /** Tries that failed, and readings of long files that were begun. */
  readonly attempts: number
}

/** What an import of a selection would bring. */
export type ImportPreview = {
  /** Files in the selection, folders gone through. */
  readonly files: number
  /** Folders in it. */
  readonly folders: number
  /** Of the sizes that are known. */
  readonly bytes: number
  /** Files whose size only an export tells. */
  readonly unknown_sizes: number
  /** Files by media type, the most first; 100 at most. */
  readonly by_type: readonly {
    /** A media type. */
    readonly type: string
    /** Files of it. */
    readonly files: number
    /** Bytes of those whose size is known. */
    readonly bytes: number
  }[]
  /** Files without text to be had; left out unless the originals are kept. */
  readonly unsupported: readonly {
    /** A media type. */
    readonly type: string
    /** Files of it. */
    readonly files: number
    /** Bytes of those whose size is known. */
    readonly bytes: number
  }[]
  /** Files of too many bytes for their text to be read. */
  readonly too_large: number
  /** Files that are documents already. */
  readonly duplicates: {
    /** In the same version. */
    readonly files: number
  }
  /** Files that are documents already, and have changed since. */
  readonly existing_changed: number
  /** Files that are exported, such as Google Docs. */
  readonly exports: number
  /** The first 100 of them. */
  readonly failures: readonly {
    /** The provider’s id of the folder. */
    readonly item_id: string
    /** Names from what was chosen downwards. */
    readonly path: string
    readonly reason: ImportReason
  }[]
  /** False: the limits of a preview were reached, and there is more. */
  readonly is_complete: boolean
}

/** A file that is kept through the API, wherever its bytes are. */
export type Document = {
  /** Of the document. */
  readonly id: string
  /** Its name. */
  readonly filename: string
  /** Its media type. */
  readonly content_type: string
  /** Bytes. */
  readonly size: number
  /** The caller’s own word. */
  readonly category: string | null
  /** `pending`: its bytes are on their way. */
  readonly status: 'pending' | 'stored'
  /** The provider’s id of where its bytes are. */
  readonly storage_backend: string
  /** Of the connection that holds them. */
  readonly connection_id: string | null
  /** Whether its bytes can be had now. */
  readonly reachable: boolean
  readonly verification: Verification | null
  /** What came of looking for text in it; null where nobody has. */
  readonly text: {
    /** `indexed`: its passages can be searched. */
    readonly status: 'empty' | 'indexed' | 'unreadable'
    /** Why there is no text, with `empty` and `unreadable`. */
    readonly reason:
      | 'broken_file'
      | 'encrypted'
      | 'inflated_too_large'
      | 'input_too_large'
      | 'no_text'
      | 'too_many_pages'
      | 'too_much_text'
      | 'took_too_long'
      | 'type_mismatch'
      | 'unsupported_type'
      | null
    /** Passages that can be searched. */
    readonly passages: number
  } | null
  readonly source: {
    /** The provider’s id. */
    readonly provider: string
    /** The connection; it may be gone. */
    readonly connection_id: string | null
    /** The file’s id there. */
    readonly item_id: string | null
    /** Its etag when it was read. */
    readonly version: string | null
    /** Names from what was chosen downwards. */
    readonly path: string | null
    /** Opens it at the vendor. */
    readonly url: string | null
  } | null
  /** When it was imported. */
  readonly imported_at: string | null
  /** When it was made. */
  readonly created_at: string
  /** When it changed last. */
  readonly updated_at: string
}

/** A passage that a search found. */
export type SearchResult = {
  readonly document: Document
  readonly passage: {
    /** The part around the hits. */
    readonly text: string
    /** The same with `<mark>` around the hits; everything else is escaped. */
    readonly html: string
    /** The hits. */
    readonly highlights: readonly {
      /** The first UTF-16 unit of a hit in `text`. */
      readonly start: number
      /** The first behind it. */
      readonly end: number
    }[]
    /** The page or slide, from 1, where there are any. */
    readonly page: number | null
    /** The page that it ends on. */
    readonly page_end: number | null
    /** The headings above it. */
    readonly heading: string | null
    /** Its place in the document, from 0. */
    readonly ordinal: number
  }
  /** Where the document comes from. */
  readonly source: {
    /** The provider’s id. */
    readonly provider: string
    /** The connection; it may be gone. */
    readonly connection_id: string | null
    /** The file’s id there. */
    readonly item_id: string | null
    /** Its etag when it was read. */
    readonly version: string | null
    /** Names from what was chosen downwards. */
    readonly path: string | null
    /** Opens it at the vendor. */
    readonly url: string | null
    /** What the user calls the drive. */
    readonly name: string
  } | null
  /** How well it fits; the best first. */
  readonly score: number
}

/** What a popup tells the page that opened it. */
export type PopupMessage =
  | {
      readonly type: 'oauth_error'
      readonly provider: string
      readonly attempt_id: string
      readonly error: string
    }
  | {
      readonly type: 'oauth_success'
      readonly provider: string
      readonly attempt_id: string
      readonly connection_id?: string
      /** One-use claim code, when the browser could not be recognised as the one that started. */
      readonly code?: string
    }
