// Every way in which a request can fail: one closed table of codes, and the one error class that carries them.

interface Row {
  readonly status: number
  readonly title: string
  /** What a problem of this code says unless it knows better; the title if left out. */
  readonly detail?: string
  /** Shown at /problems/{code}; says what the caller can do. */
  readonly help: string
}

/** The codes of the API. The status of a code never differs from one route to another. */
export const PROBLEMS = {
  unauthorized: {
    status: 401,
    title: 'Authentication is required',
    help: 'Send a valid, unexpired JWT as "Authorization: Bearer <token>", or sign in again.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    help: 'The caller is known but may not do this. Administrators never act on a user’s drives.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    help: 'There is no such thing, or it belongs to somebody else.',
  },
  item_not_found: {
    status: 404,
    title: 'The item is not in the drive',
    help: 'The vendor knows no such file or folder, or the connected account may not see it.',
  },
  invalid_request: {
    status: 422,
    title: 'The request is not valid',
    help: 'Each wrong field is named in "errors".',
  },
  blocked_url: {
    status: 422,
    title: 'This address may not be used',
    help: 'Only public https addresses on usual ports are reached; private, local and metadata addresses are refused.',
  },
  server_check_failed: {
    status: 422,
    title: 'The server could not be used',
    help: 'The address was reached but did not answer as a WebDAV server with these credentials; "detail" says why.',
  },
  invalid_state: {
    status: 400,
    title: 'The sign-in attempt is not valid',
    help: 'The state is unknown, expired or was used before. Start connecting again.',
  },
  access_denied: {
    status: 403,
    title: 'Access was denied at the provider',
    help: 'The user, or an administrator’s policy, declined the consent.',
  },
  admin_consent_required: {
    status: 403,
    title: 'An administrator must approve this',
    detail:
      'The organisation lets only an administrator approve this access. Ask them to, then connect again.',
    help: 'The user did not decline: the organisation’s policy did. An administrator has to consent to the application.',
  },
  account_mismatch: {
    status: 409,
    title: 'Another account was used',
    help: 'A reconnect must use the same account; connect the other one separately.',
  },
  name_conflict: {
    status: 409,
    title: 'The name is taken',
    help: 'Choose another name, or pass conflict=rename or conflict=replace.',
  },
  offset_mismatch: {
    status: 409,
    title: 'The upload is at another offset',
    help: 'Ask for the current offset and continue there.',
  },
  checksum_mismatch: {
    status: 460,
    title: 'The bytes are not those of the checksum',
    help: 'Nothing of this request was kept. Send the same bytes again from the same offset.',
  },
  upload_locked: {
    status: 423,
    title: 'The upload or item is locked',
    help: 'Another request holds it. Try again shortly.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'Send it in smaller parts, or stay below the limit that "detail" names.',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'The range lies outside the content',
    help: 'The header "Content-Range" gives the real size.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for the seconds in "retry_after". The provider or this service asks for it.',
  },
  quota_exceeded: {
    status: 507,
    title: 'The storage is full',
    help: 'Free some space in the storage, or choose another one.',
  },
  reauth_required: {
    status: 503,
    title: 'The connection must be renewed',
    detail: 'Cloud connection requires re-authentication. Please reconnect in Settings.',
    help: 'The provider no longer accepts the grant. Let the user reconnect.',
  },
  insufficient_scope: {
    status: 403,
    title: 'A permission is missing',
    help: 'Connect again with the scope named in "scope" (initiate?scopes=).',
  },
  provider_misconfigured: {
    status: 502,
    title: 'The provider is not set up correctly',
    help: 'The client id, client secret or app registration is wrong: the operator must act, not the user.',
  },
  provider_unavailable: {
    status: 502,
    title: 'The provider cannot be used right now',
    help: 'It failed or answered something unexpected. Try again later.',
  },
  provider_timeout: {
    status: 504,
    title: 'The provider did not answer in time',
    help: 'Try again later.',
  },
  not_supported: {
    status: 501,
    title: 'Not supported',
    help: 'This provider or item cannot do that; see the capabilities in GET /api/cloud/providers.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong',
    help: 'A fault of this service; it has been logged under the request id.',
  },
} as const satisfies Record<string, Row>

export type ProblemCode = keyof typeof PROBLEMS

/** One field of a request that is wrong, and why. */
export interface FieldError {
  /** Where it stands, e.g. `body.server_url`, `query.limit`, `header.Range`. */
  readonly field: string
  readonly message: string
}

export interface ProblemOptions {
  /** Seconds, rounded up; becomes `retry_after` and the Retry-After header. */
  readonly retryAfter?: number | undefined
  readonly errors?: readonly FieldError[] | undefined
  /** The scope that is missing, with `insufficient_scope`. */
  readonly scope?: string | undefined
  /**
   * What the provider asked to leave alone for `retryAfter` seconds: later requests are not sent until then. `item`: nothing but what
   * this one was about.
   */
  readonly throttles?: 'connection' | 'provider' | 'item' | undefined
  /** Header fields the answer must carry besides, such as Content-Range with 416. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The provider's upload session is gone for good: what was sent in it has to be sent again in another. */
  readonly ended?: boolean | undefined
  /** Trying again does not help, although the code says so: something has to be given up first. */
  readonly isFinal?: boolean | undefined
  /** Only where one code stands for two situations: 503 for an identity provider out of reach. */
  readonly status?: number | undefined
  /** For the log only; never rendered. */
  readonly cause?: unknown
}

/**
 * A failure with a code of the API. `detail` is written by us in full: it may name a field or a limit, never text that a
 * vendor or a user's server sent.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly options: ProblemOptions

  constructor(code: ProblemCode, detail?: string, options: ProblemOptions = {}) {
    const row: Row = PROBLEMS[code]
    super(detail ?? row.detail ?? row.title, { cause: options.cause })
    this.code = code
    this.status = options.status ?? PROBLEMS[code].status
    this.options = options
  }
}

/** `invalid_request` for one field. */
export function invalidField(field: string, message: string): Problem {
  return new Problem('invalid_request', `${field}: ${message}`, { errors: [{ field, message }] })
}
