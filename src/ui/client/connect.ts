// Connects through a popup: opened with the click itself, and followed until it has finished or is closed.
import { call } from './api.ts'
import { failure, followAttempt, wait } from './attempt.ts'

/** After the popup is gone the callback may still be on its way. */
const GRACE_MS = 6000

export interface Started {
  /** The page to show in the popup. */
  readonly url: string
  readonly attemptId: string
}

/** Call it directly in a click handler: a popup that is opened later is blocked. */
export function openPopup(): Window {
  const popup = window.open('about:blank', '_blank', 'popup,width=560,height=720')
  if (popup === null) throw failure('popup_blocked')
  return popup
}

/** What starts an attempt at the vendor's consent page. */
export interface ConsentRequest {
  /** `/api/cloud/oauth/initiate/…`, with a query or without. */
  readonly initiateUrl: string
  /** When the connection was made after all, after `cancelled` had been thrown. */
  readonly onLate: () => void
}

/** Reconnects one in place where it is named. */
export function consentUrl(provider: string, connectionId?: string): string {
  const query = new URLSearchParams(
    connectionId === undefined ? {} : { connection_id: connectionId },
  )
  return `/api/cloud/oauth/initiate/${encodeURIComponent(provider)}?${query.toString()}`
}

async function initiate(request: string): Promise<Started> {
  const url = new URL(request, location.href)
  url.searchParams.set('mode', 'popup')
  const started = await call<{ authorization_url: string; attempt_id: string }>(
    url.pathname + url.search,
  )
  return { url: started.authorization_url, attemptId: started.attempt_id }
}

/** The attempt that is still followed although its popup counts as closed; a new one takes its place. */
let late: AbortController | undefined

/**
 * Opens the vendor's consent page and resolves when the connection is made. Call it directly in a click handler. Throws ApiError with
 * the attempt's code, `popup_blocked` or `cancelled`.
 */
export async function connectInPopup({ initiateUrl, onLate }: ConsentRequest): Promise<void> {
  const popup = openPopup()
  late?.abort()
  try {
    const started = await initiate(initiateUrl)
    popup.location.href = started.url
    await untilFinished(popup, started.attemptId, onLate)
  } finally {
    popup.close()
  }
}

/**
 * A page with `Cross-Origin-Opener-Policy: same-origin` severs the popup from its opener, and a severed popup counts as closed
 * (HTML section 7.1.3) while the person is still reading it. So "closed" ends the waiting, never the attempt: it is asked about
 * until it succeeds, fails or expires.
 */
async function untilFinished(popup: Window, attemptId: string, onLate: () => void): Promise<void> {
  const gone = new AbortController()
  const stop = new AbortController()
  const finished = followAttempt(attemptId, { gone: gone.signal, stop: stop.signal })
  const outcome = await Promise.race([
    finished.then(() => 'finished' as const),
    untilGone(popup, stop.signal),
  ]).catch((error: unknown) => {
    stop.abort()
    throw error
  })
  if (outcome === 'finished') {
    stop.abort()
    return
  }
  gone.abort()
  late = stop
  finished.then(onLate, () => undefined)
  throw failure('cancelled')
}

async function untilGone(popup: Window, stop: AbortSignal): Promise<'gone'> {
  await untilClosed(popup, stop)
  await wait(GRACE_MS)
  return 'gone'
}

/** Resolves when the popup counts as closed, or after `stop`. */
export async function untilClosed(popup: Window, stop: AbortSignal): Promise<void> {
  while (!popup.closed && !stop.aborted) await wait(250)
}
