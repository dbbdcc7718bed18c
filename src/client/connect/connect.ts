// Connects at the vendor's consent page, in a popup that is followed until it has finished or is closed.
import { withQuery, type Http } from '../http.ts'
import type { Connection } from '../views.ts'
import { claimSurely, followAttempt } from './attempt.ts'
import { failure, openPopup, pause, untilClosed } from './popup.ts'

/** After the popup is gone the callback may still be on its way. */
const GRACE_MS = 6000

export interface ConnectOptions {
  /** Renews this connection in place: the same account has to be used. */
  readonly connectionId?: string | undefined
  /** Permissions to ask for besides the usual ones. */
  readonly scopes?: readonly string[]
  /** The account that is meant, usually its e-mail address. */
  readonly loginHint?: string
  /** The `initiate_url` of a limitation that a check found, instead of the three above. */
  readonly initiateUrl?: string
  /** Called when the connection is made after all, although `cancelled` or `unclaimed` had been thrown. */
  readonly onLate?: (connection: Connection) => void
  /**
   * A page of yours that calls `finishRedirect()`: the popup ends there instead of at the API. It works even where the vendor severs the
   * popup from your page and the browser keeps no cookies of the API.
   */
  readonly returnTo?: string
  readonly signal?: AbortSignal
}

interface Initiated {
  readonly authorization_url: string
  readonly attempt_id: string
}

/** What `connect` is, for one client: the attempt followed last is the only one that may still come late. */
export function createConnect(http: Http) {
  let late: AbortController | undefined

  return async function connect(
    provider: string,
    options: ConnectOptions = {},
  ): Promise<Connection> {
    // Before anything is waited for: the click allows it now, and not later.
    const popup = openPopup()
    late?.abort()
    const stop = new AbortController()
    const cancel = () => stop.abort()
    const unhook = () => options.signal?.removeEventListener('abort', cancel)
    options.signal?.addEventListener('abort', cancel)
    if (options.signal?.aborted) cancel()
    let isLeft = false
    try {
      const started = await initiate(http, provider, options)
      if (stop.signal.aborted) throw failure('cancelled')
      popup.location.href = started.authorization_url
      return await untilFinished(popup, started.attempt_id)
    } finally {
      // What may still come late can still be called off.
      if (!isLeft) unhook()
      popup.close()
    }

    /**
     * A page with `Cross-Origin-Opener-Policy: same-origin` severs the popup from its opener, and a severed popup counts as closed
     * (HTML section 7.1.3) while the person is still reading it. So "closed" ends the waiting, never the attempt: it is asked about
     * until it succeeds, fails or expires.
     */
    async function untilFinished(popup: Window, attemptId: string): Promise<Connection> {
      const gone = new AbortController()
      let isUnclaimed = false
      const finished = followAttempt(http, attemptId, {
        gone: gone.signal,
        stop: stop.signal,
        onUnclaimed: () => (isUnclaimed = true),
      })
      const settled = new AbortController()
      const outcome = await Promise.race([finished, untilGone(popup, settled.signal)]).finally(() =>
        settled.abort(),
      )
      if (outcome !== undefined) return outcome
      gone.abort()
      late = stop
      isLeft = true
      finished.then(options.onLate, () => undefined).finally(unhook)
      throw failure(isUnclaimed ? 'unclaimed' : 'cancelled')
    }
  }
}

async function untilGone(popup: Window, stop: AbortSignal): Promise<undefined> {
  await untilClosed(popup, stop)
  await pause(GRACE_MS, stop)
}

/** Starts an attempt. The answer's cookie, where the browser keeps it, spares the claim. */
function initiate(http: Http, provider: string, options: ConnectOptions): Promise<Initiated> {
  const { returnTo } = options
  const path = withQuery(`/api/cloud/oauth/initiate/${encodeURIComponent(provider)}`, {
    connection_id: options.connectionId,
    scopes: options.scopes?.join(' '),
    login_hint: options.loginHint,
  })
  // Where the API is, is for the request itself to say.
  const url = new URL(options.initiateUrl ?? path, http.origin)
  url.searchParams.set('mode', returnTo === undefined ? 'popup' : 'redirect')
  if (returnTo !== undefined) {
    url.searchParams.set('return_to', new URL(returnTo, location.href).href)
  }
  return http.call(url.pathname + url.search, { withCookies: true, signal: options.signal })
}

/** Leaves the page for the vendor's; the person comes back to `returnTo`, which calls `finishRedirect`. */
export async function redirectToConsent(
  http: Http,
  provider: string,
  options: Omit<ConnectOptions, 'onLate'> & { readonly returnTo: string },
): Promise<void> {
  location.assign((await initiate(http, provider, options)).authorization_url)
}

/** How a person came back from the vendor. */
export type Returned =
  | { readonly status: 'connected'; readonly connection: Connection | undefined }
  | { readonly status: 'failed'; readonly code: string; readonly message: string }

/** What the page's address says of the way back; undefined where it says nothing. A claim is made, and the address is cleaned. */
export async function finishRedirect(http: Http): Promise<Returned | undefined> {
  const url = new URL(location.href)
  const code = new URLSearchParams(url.hash.slice(1)).get('cloud_claim')
  const error = url.searchParams.get('cloud_error')
  const provider = url.searchParams.get('cloud_connected')
  const attempt = url.searchParams.get('cloud_attempt')
  if (code === null && error === null && provider === null) return undefined
  for (const name of ['cloud_error', 'cloud_connected', 'cloud_attempt']) {
    url.searchParams.delete(name)
  }
  if (code !== null) url.hash = ''
  // The code is good once: it must neither be kept in the history nor be tried again.
  history.replaceState(history.state, '', url)
  if (code !== null) {
    const connection = await claimSurely(http, code, attempt ?? undefined)
    return { status: 'connected', connection }
  }
  if (error === null) return { status: 'connected', connection: undefined }
  return { status: 'failed', code: error, message: failure(error).message }
}
