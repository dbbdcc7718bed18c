// The one transport: every outbound request of the Worker passes here, is checked hop by hop, and has a deadline.

/** One request to the outside. */
export interface Outbound {
  /** The vendor's real URL; the origin map is applied inside the transport. */
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit | null
  /** Milliseconds to wait for the response's headers; 15,000 by default. */
  readonly deadline?: number
  /** Whether the request may be sent again after a 429, 5xx or network failure. Default: GET, HEAD, PROPFIND, OPTIONS. */
  readonly replay?: boolean
  /** `follow` checks each hop by the request's own policy and drops credentials when the origin changes. Default: `return`. */
  readonly redirect?: 'return' | 'follow'
  readonly signal?: AbortSignal
}

/** What a request may reach. Checked for the first URL and for every redirect. */
export type TargetPolicy =
  /** The vendor's API: exactly these real origins (mapped ones after mapping). Credentials may travel. */
  | { readonly kind: 'origins'; readonly origins: readonly string[] }
  /** Pre-signed URLs: https on these host suffixes (or hosts of mapped origins); no credentials may be set. */
  | { readonly kind: 'presigned'; readonly suffixes: readonly string[] }
  /** A user's own server: the whole SSRF guard, DNS included; same origin as `base` for credentials. */
  | { readonly kind: 'server'; readonly base: string }

export interface Transport {
  /**
   * Sends and waits for the headers. A status of the remote is returned as it is; Problems are thrown for what never became an
   * answer: `blocked_url`, `provider_timeout`, `provider_unavailable`.
   */
  readonly send: (request: Outbound, policy: TargetPolicy) => Promise<Response>
}
