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
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly request_id: string
  readonly retry_after?: number
  readonly errors?: readonly {
    readonly field: string
    readonly message: string
  }[]
  readonly scope?: string
}

/** A kind of drive that can be connected, and what it can do. */
export type Provider = {
  readonly id: string
  readonly label: string
  readonly auth: 'builtin' | 'login_flow' | 'oauth2' | 'password'
  readonly form_fields: readonly {
    readonly name: 'label' | 'password' | 'server_url' | 'username'
    readonly label: string
    readonly type: 'password' | 'text' | 'url'
    readonly required: boolean
    readonly placeholder?: string
  }[]
  readonly configured: boolean
  readonly capabilities: {
    readonly list: boolean
    readonly download: boolean
    readonly upload: boolean
    readonly resumable_upload: boolean
    readonly create_folder: boolean
    readonly update: boolean
    readonly remove: boolean
    readonly search: boolean
    readonly presigned_urls: boolean
  }
}

/** Bytes; null where the provider does not say. */
export type Quota = {
  readonly total: number | null
  readonly used: number | null
}

/** A drive that the user has connected. */
export type Connection = {
  readonly id: string
  readonly provider: string
  readonly label: string
  readonly account_email: string | null
  readonly account_name: string | null
  readonly status: 'ACTIVE' | 'ERROR' | 'REQUIRES_REAUTH'
  readonly scopes: readonly string[]
  readonly server_url: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly last_used_at: string | null
  readonly last_error_code: string | null
  readonly throttled_until: string | null
  /** Set when the grant is about to end by the vendor's rules. */
  readonly warning: {
    readonly code: 'grant_ages' | 'grant_idle' | 'grant_limited'
    readonly message: string
    readonly ends_at: string
  } | null
  /** As the last check saw it. */
  readonly quota: Quota | null
}

/** What the granted permissions do not allow, and the request that would add what is missing. */
export type Limitation = {
  readonly scope: string
  readonly message: string
  readonly initiate_url: string
}

/** What a live check of a connection found. */
export type Health = {
  readonly status: 'ACTIVE'
  readonly quota: Quota | null
  readonly limitations: readonly Limitation[]
  readonly warning: {
    readonly code: 'grant_ages' | 'grant_idle' | 'grant_limited'
    readonly message: string
    readonly ends_at: string
  } | null
}

/** What is known of the bytes of a file that was uploaded. */
export type Verification = {
  readonly verdict: 'rewritten_by_vendor' | 'unverified' | 'verified'
  readonly reason?:
    'hash_not_computed' | 'received_before' | 'sent_in_several_requests' | 'vendor_gives_no_hash'
  /** Bytes that the vendor says it has; those that were sent, where it does not. */
  readonly size: number
  readonly algorithm?: string
  readonly vendor_hash?: string
  readonly our_hash?: string
}

/** A file or a folder of a drive. */
export type Item = {
  readonly id: string
  readonly name: string
  readonly is_folder: boolean
  readonly size: number | null
  readonly mime_type: string | null
  readonly modified_at: string | null
  readonly etag: string | null
  readonly hash?: {
    readonly algorithm: string
    readonly value: string
  }
  readonly web_url?: string
  readonly exportable_as?: readonly string[]
  readonly parent_id?: string
  readonly is_fixed?: boolean
  /** Of an item that was uploaded just now. */
  readonly verification?: Verification
}

/** A folder, and the folders on the way to it from the top. */
export type Folder = {
  readonly id: string
  readonly name: string
  readonly path: readonly {
    readonly id: string
    readonly name: string
  }[]
}

/** One page of a folder. */
export type Listing = {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
  readonly folder: Folder
}

/** One page of what a provider's own search found. */
export type ItemPage = {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** A URL that needs no token, for a while. */
export type Ticket = {
  readonly url: string
  readonly expires_at: string
}

/** An upload in several requests. */
export type UploadView = {
  readonly id: string
  readonly status: 'completed' | 'failed' | 'open'
  readonly offset: number
  readonly size: number
  readonly filename: string
  readonly connection_id: string
  readonly document_id: string | null
  readonly item: Item | null
  readonly error_code: string | null
  readonly created_at: string
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
  readonly id: string
  readonly connection_id: string
  readonly provider: string
  readonly category: string | null
  readonly on_duplicate: 'keep_both' | 'replace' | 'skip'
  readonly keep_original: boolean
  readonly status: ImportStatus
  readonly pause_reason: 'provider_unavailable' | 'reauth_required' | 'throttled' | 'user' | null
  /** When a pause ends by itself. */
  readonly resume_at: string | null
  readonly error: string | null
  /** Whether all folders have been listed: until then there may be more files than are counted. */
  readonly planned: boolean
  readonly counts: {
    readonly total: number
    readonly waiting: number
    readonly downloading: number
    readonly processing: number
    readonly imported: number
    readonly skipped: number
    readonly failed: number
  }
  readonly folders: {
    readonly open: number
    readonly listed: number
    readonly failed: number
  }
  readonly bytes: {
    readonly done: number
    readonly total: number
  }
  readonly chunks: number
  /** Rises with every change; where `events` can go on from. */
  readonly version: number
  readonly created_at: string
  readonly updated_at: string
  readonly finished_at: string | null
}

/** The same, with the folders that could not be listed. */
export type ImportDetails = {
  readonly failed_folders: readonly {
    readonly item_id: string
    readonly path: string
    readonly reason: ImportReason | null
  }[]
  readonly id: string
  readonly connection_id: string
  readonly provider: string
  readonly category: string | null
  readonly on_duplicate: 'keep_both' | 'replace' | 'skip'
  readonly keep_original: boolean
  readonly status: ImportStatus
  readonly pause_reason: 'provider_unavailable' | 'reauth_required' | 'throttled' | 'user' | null
  /** When a pause ends by itself. */
  readonly resume_at: string | null
  readonly error: string | null
  /** Whether all folders have been listed: until then there may be more files than are counted. */
  readonly planned: boolean
  readonly counts: {
    readonly total: number
    readonly waiting: number
    readonly downloading: number
    readonly processing: number
    readonly imported: number
    readonly skipped: number
    readonly failed: number
  }
  readonly folders: {
    readonly open: number
    readonly listed: number
    readonly failed: number
  }
  readonly bytes: {
    readonly done: number
    readonly total: number
  }
  readonly chunks: number
  /** Rises with every change; where `events` can go on from. */
  readonly version: number
  readonly created_at: string
  readonly updated_at: string
  readonly finished_at: string | null
}

/** One file of an import. */
export type ImportFile = {
  readonly id: string
  readonly item_id: string
  readonly name: string
  readonly path: string
  readonly size: number | null
  readonly mime_type: string | null
  readonly state: ImportFileState
  readonly reason: ImportReason | null
  readonly bytes_done: number
  readonly chunks: number
  readonly document_id: string | null
  readonly web_url: string | null
  readonly attempts: number
}

/** What an import of a selection would bring. */
export type ImportPreview = {
  readonly files: number
  readonly folders: number
  /** Of the sizes that are known. */
  readonly bytes: number
  readonly unknown_sizes: number
  readonly by_type: readonly {
    readonly type: string
    readonly files: number
    readonly bytes: number
  }[]
  /** Files without text to be had, which are left out unless the originals are kept. */
  readonly unsupported: readonly {
    readonly type: string
    readonly files: number
    readonly bytes: number
  }[]
  /** Files of too many bytes for their text to be read. */
  readonly too_large: number
  /** Files that are documents already, in the same version. */
  readonly duplicates: {
    readonly files: number
  }
  /** Files that are documents already, which have changed since. */
  readonly existing_changed: number
  readonly exports: number
  readonly failures: readonly {
    readonly item_id: string
    readonly path: string
    readonly reason: ImportReason
  }[]
  readonly is_complete: boolean
}

/** A file that is kept through the API, wherever its bytes are. */
export type Document = {
  readonly id: string
  readonly filename: string
  readonly content_type: string
  readonly size: number
  readonly category: string | null
  readonly status: 'pending' | 'stored'
  readonly storage_backend: string
  readonly connection_id: string | null
  /** Whether its bytes can be had: not when the connection that holds them is gone. */
  readonly reachable: boolean
  readonly verification: Verification | null
  readonly text: {
    readonly status: 'empty' | 'indexed' | 'unreadable'
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
    readonly passages: number
  } | null
  readonly source: {
    readonly provider: string
    readonly connection_id: string | null
    readonly item_id: string | null
    readonly version: string | null
    readonly path: string | null
    readonly url: string | null
  } | null
  readonly imported_at: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** A passage that a search found. */
export type SearchResult = {
  readonly document: Document
  readonly passage: {
    readonly text: string
    readonly html: string
    readonly highlights: readonly {
      readonly start: number
      readonly end: number
    }[]
    readonly page: number | null
    readonly page_end: number | null
    readonly heading: string | null
    readonly ordinal: number
  }
  readonly source: {
    readonly name: string
    readonly provider: string
    readonly connection_id: string | null
    readonly item_id: string | null
    readonly version: string | null
    readonly path: string | null
    readonly url: string | null
  } | null
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
