// The client's only way to the API: where it is, who calls, and what every failure comes to.
import { cancelled, readProblem, SlipwayError } from './error.ts'

export interface SlipwayOptions {
  /** Where the API is, such as `https://slipway.example`. Default: the page's own origin. */
  readonly baseUrl?: string
  /**
   * Your application's token for its user. Asked before each request, so keep it; with `fresh: true` the last one was refused, and a
   * new one is wanted. Without a token the page's own cookie is sent, which works on the API's own origin alone.
   */
  readonly getToken?: (options: {
    readonly fresh: boolean
  }) => string | undefined | Promise<string | undefined>
  /** A token that does not change. */
  readonly token?: string
  /** Instead of the browser's. Uploads go by XMLHttpRequest, for their progress. */
  readonly fetch?: typeof fetch
}

export interface CallOptions {
  readonly method?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Whether cookies may be set and sent though the API is on another origin. */
  readonly withCookies?: boolean
}

/** Milliseconds until a request without an answer counts as lost. */
const PATIENCE_MS = 90_000

export interface Http {
  /** The origin that the API, and the page a popup ends in, are on. */
  readonly origin: string
  /** The whole address of a path of the API. */
  readonly url: (path: string) => string
  /** The value of the Authorization header; undefined where the cookie is to do. */
  readonly authorization: (fresh?: boolean) => Promise<string | undefined>
  /** The answer, whose body is the caller's to read; throws SlipwayError for a refusal. */
  readonly send: (path: string, options?: CallOptions) => Promise<Response>
  /** JSON; undefined for an answer without a body. */
  readonly call: <T>(path: string, options?: CallOptions) => Promise<T>
}

export function createHttp(options: SlipwayOptions): Http {
  const here = typeof location === 'undefined' ? 'http://localhost' : location.href
  const base = new URL(options.baseUrl ?? '/', here)
  const prefix = base.href.replace(/[?#].*$/, '').replace(/\/+$/, '')
  const { origin } = new URL(prefix)
  const url = (path: string) => {
    if (!/^https?:\/\//.test(path)) return prefix + path
    // Whoever gets the request gets the token.
    if (new URL(path).origin === origin) return path
    throw new SlipwayError(0, 'internal', 'The address is not one of the API.')
  }
  // Called as a method of anything but the window, the browser's own would refuse.
  const doFetch: typeof fetch = options.fetch ?? ((...request) => fetch(...request))

  const authorization = async (fresh = false) => {
    const token = options.getToken ? await askToken(options.getToken, fresh) : options.token
    return token === undefined ? undefined : `Bearer ${token}`
  }

  const attempt = async (
    path: string,
    call: CallOptions,
    auth: string | undefined,
    patience: AbortSignal,
  ) => {
    const { method = 'GET', body, headers, signal, withCookies } = call
    try {
      return await doFetch(url(path), {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(auth === undefined ? {} : { authorization: auth }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        credentials: withCookies ? 'include' : 'same-origin',
        signal: signal ? AbortSignal.any([signal, patience]) : patience,
      })
    } catch {
      throw signal?.aborted ? cancelled() : noAnswer()
    }
  }

  const open = async (path: string, call: CallOptions, patience: AbortSignal) => {
    const auth = await authorization()
    let response = await attempt(path, call, auth, patience)
    if (response.status === 401 && options.getToken !== undefined) {
      const renewed = await authorization(true)
      if (renewed !== undefined && renewed !== auth) {
        await response.body?.cancel()
        response = await attempt(path, call, renewed, patience)
      }
    }
    if (response.ok) return response
    throw readProblem(response.status, await response.json().catch(() => undefined))
  }

  return {
    origin,
    url,
    authorization,
    // A body may take as long as it likes: a download has no end that could be known here.
    send: (path, call = {}) => patiently((patience) => open(path, call, patience)),
    call: <T>(path: string, call: CallOptions = {}) =>
      patiently(async (patience) => {
        const response = await open(path, call, patience)
        if (response.status === 204) return undefined as T
        const text = await response.text().catch(() => {
          throw call.signal?.aborted ? cancelled() : noAnswer()
        })
        try {
          return JSON.parse(text) as T
        } catch {
          throw readProblem(response.status, undefined)
        }
      }),
  }
}

async function patiently<T>(work: (patience: AbortSignal) => Promise<T>): Promise<T> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
  try {
    return await work(patience.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** The application's own failure is no reason of the API's. */
async function askToken(
  getToken: NonNullable<SlipwayOptions['getToken']>,
  fresh: boolean,
): Promise<string | undefined> {
  try {
    return await getToken({ fresh })
  } catch (error) {
    if (error instanceof SlipwayError) throw error
    throw new SlipwayError(0, 'unauthorized', 'The application could not tell who you are.')
  }
}

const noAnswer = () =>
  new SlipwayError(0, 'network', 'The network failed. Check the connection and try again.')

/** A path with its query; what is undefined is left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  )
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`
}
