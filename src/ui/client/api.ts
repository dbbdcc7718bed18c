// Calls the API from the console's own origin, with the session cookie; a refusal becomes an ApiError.

export interface Provider {
  readonly id: string
  readonly label: string
  /** `login_flow`: in the browser at the user's own server, or with the fields of the form. */
  readonly auth: 'oauth2' | 'password' | 'login_flow' | 'builtin'
  readonly form_fields: readonly FormField[]
  readonly configured: boolean
  readonly capabilities: Readonly<Record<string, boolean>>
}

export interface FormField {
  readonly name: string
  readonly label: string
  readonly type: 'url' | 'text' | 'password'
  readonly required: boolean
  readonly placeholder?: string
}

export interface Connection {
  readonly id: string
  readonly provider: string
  readonly label: string
  readonly account_email: string | null
  readonly account_name: string | null
  readonly status: 'ACTIVE' | 'REQUIRES_REAUTH' | 'ERROR'
  readonly scopes: readonly string[]
  readonly server_url: string | null
  /** Until when the provider asked to be left alone; null when it did not, or that time has passed. */
  readonly throttled_until: string | null
  /** What ends the grant although it works today. */
  readonly warning: Warning | null
  /** As the last check saw it. */
  readonly quota: Quota | null
}

export interface Warning {
  readonly message: string
  readonly ends_at: string
}

/** Bytes; null where the provider does not say. */
export interface Quota {
  readonly total: number | null
  readonly used: number | null
}

/** Of the default storage, in bytes; `quota` is null where there is no limit. */
export interface StorageUsage {
  readonly used: number
  readonly quota: number | null
}

/** What the granted permissions do not allow, and the request that adds what is missing. */
export interface Limitation {
  readonly scope: string
  readonly message: string
  readonly initiate_url: string
}

export interface Health {
  readonly quota: Quota | null
  readonly limitations: readonly Limitation[]
}

export interface Item {
  readonly id: string
  readonly name: string
  readonly is_folder: boolean
  readonly size: number | null
  readonly modified_at: string | null
  /** Media types it can be downloaded as, the default first; absent = it has bytes of its own, or is nothing but a folder. */
  readonly exportable_as?: readonly string[]
  /** A part of the drive itself: neither renamed nor deleted. */
  readonly is_fixed?: boolean
}

export interface Listing {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
  readonly folder: { readonly id: string; readonly name: string; readonly path: readonly Crumb[] }
}

export interface Crumb {
  readonly id: string
  readonly name: string
}

export interface FieldError {
  readonly field: string
  readonly message: string
}

/** A problem (RFC 9457) as the API answers it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: readonly FieldError[] = [],
    /** What the failure is to be found under in the log; undefined where no answer came. */
    readonly requestId?: string,
  ) {
    super(detail)
  }
}

/** Sends JSON and returns JSON. Throws ApiError for every refusal, and for a network that fails. */
export async function call<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new ApiError(0, 'network', 'The network failed. Check the connection and try again.')
  }
  if (response.status === 204) return undefined as T
  const answer = (await response.json().catch(() => undefined)) as T | undefined
  if (response.ok && answer !== undefined) return answer
  throw readProblem(response.status, answer)
}

export function readProblem(status: number, answer: unknown): ApiError {
  const { code, detail, title, errors, request_id } = (answer ?? {}) as Record<string, unknown>
  const text = typeof detail === 'string' ? detail : typeof title === 'string' ? title : ''
  return new ApiError(
    status,
    typeof code === 'string' ? code : 'internal',
    text === '' ? 'Something went wrong. Try again.' : text,
    Array.isArray(errors) ? (errors as FieldError[]) : [],
    typeof request_id === 'string' ? request_id : undefined,
  )
}

export const toError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, 'internal', 'Something went wrong. Try again.')

/** Every page of a list. */
export async function listAll<T>(path: string, name: string): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`
    const page: Record<string, unknown> = await call(path + query)
    all.push(...((page[name] as T[] | undefined) ?? []))
    cursor = (page['next_cursor'] as string | null | undefined) ?? null
  } while (cursor !== null)
  return all
}

const CONNECTIONS = '/api/cloud/connections'

export const connectionPath = (id: string) => `${CONNECTIONS}/${encodeURIComponent(id)}`

export const itemPath = (connection: string, item: string) =>
  `${connectionPath(connection)}/items/${encodeURIComponent(item)}`

/** Where an item's content is; of several formats it is the first unless another is named. */
export function contentPath(connection: string, item: string, format?: string): string {
  const query = format === undefined ? '' : `?${new URLSearchParams({ format }).toString()}`
  return `${itemPath(connection, item)}/content${query}`
}

export function listItems(
  connection: string,
  folder: string,
  cursor: string | null,
  fresh: boolean,
) {
  const query = new URLSearchParams({ folder_id: folder })
  if (cursor !== null) query.set('cursor', cursor)
  if (fresh) query.set('fresh', '1')
  return call<Listing>(`${connectionPath(connection)}/items?${query.toString()}`)
}
