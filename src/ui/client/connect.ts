// Connects through a popup: opened with the click itself, followed by message and by polling, whichever tells first.
import { ApiError, call, toError } from './api.ts'

interface Attempt {
  readonly status: 'pending' | 'awaiting_claim' | 'completed' | 'failed'
  readonly code?: string
}

const POLL_MS = 1500
/** Once nobody may be there any more. */
const SLOW_POLL_MS = 5000
/** After the popup is gone the callback may still be on its way. */
const GRACE_MS = 6000

export interface PopupOptions {
  /** Reconnects this one in place. */
  readonly connectionId?: string | undefined
  /** When the connection was made after all, after `cancelled` had been thrown. */
  readonly onLate: () => void
}

/** The attempt that is still followed although its popup counts as closed; a new one takes its place. */
let late: AbortController | undefined

/**
 * Opens the vendor's consent page and resolves when the connection is made. Call it directly in a click handler: a popup that is
 * opened later is blocked. Throws ApiError with the attempt's code, `popup_blocked` or `cancelled`.
 */
export async function connectInPopup(provider: string, options: PopupOptions): Promise<void> {
  const popup = window.open('about:blank', '_blank', 'popup,width=560,height=720')
  if (popup === null) {
    throw new ApiError(
      0,
      'popup_blocked',
      'The browser blocked the sign-in window. Allow popups for this page.',
    )
  }
  late?.abort()
  try {
    const query = new URLSearchParams({ mode: 'popup' })
    if (options.connectionId !== undefined) query.set('connection_id', options.connectionId)
    const started = await call<{ authorization_url: string; attempt_id: string }>(
      `/api/cloud/oauth/initiate/${encodeURIComponent(provider)}?${query.toString()}`,
    )
    popup.location.href = started.authorization_url
    await untilFinished(popup, started.attempt_id, options.onLate)
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
  const finished = follow(attemptId, gone.signal, stop.signal)
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
  while (!popup.closed && !stop.aborted) await wait(250)
  await wait(GRACE_MS)
  return 'gone'
}

/** Resolves when the attempt is completed; throws its failure. A network that fails meanwhile is waited for. */
async function follow(attemptId: string, gone: AbortSignal, stop: AbortSignal): Promise<void> {
  const message = listenFor(attemptId)
  try {
    for (;;) {
      const told = await Promise.race([
        message.received,
        wait(gone.aborted ? SLOW_POLL_MS : POLL_MS),
      ])
      if (stop.aborted) throw failure('cancelled')
      if (told?.error !== undefined) throw failure(told.error)
      if (told?.code !== undefined) {
        await call('/api/cloud/oauth/complete', 'POST', { code: told.code })
      }
      if (told !== undefined) return
      // A severed opener gets no message, so the attempt itself is asked.
      const attempt = await readAttempt(attemptId)
      if (attempt?.status === 'completed') return
      if (attempt?.status === 'failed') throw failure(attempt.code ?? 'internal')
    }
  } finally {
    message.stop()
  }
}

async function readAttempt(attemptId: string): Promise<Attempt | undefined> {
  try {
    return await call<Attempt>(`/api/cloud/oauth/attempts/${encodeURIComponent(attemptId)}`)
  } catch (error) {
    const { status } = toError(error)
    if (status === 0 || status === 429 || status >= 500) return undefined
    throw error
  }
}

interface Told {
  readonly code?: string
  readonly error?: string
}

function listenFor(attemptId: string): { received: Promise<Told>; stop: () => void } {
  let stop = () => undefined as void
  const received = new Promise<Told>((resolve) => {
    const listener = (event: MessageEvent<unknown>) => {
      if (event.origin !== location.origin) return
      const data = event.data as Record<string, unknown> | null
      if (data?.['attempt_id'] !== attemptId) return
      if (data['type'] === 'oauth_success') {
        resolve(typeof data['code'] === 'string' ? { code: data['code'] } : {})
      } else if (data['type'] === 'oauth_error') resolve({ error: String(data['error']) })
    }
    window.addEventListener('message', listener)
    stop = () => window.removeEventListener('message', listener)
  })
  return { received, stop: () => stop() }
}

const wait = (milliseconds: number) =>
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), milliseconds))

const MESSAGES: Readonly<Record<string, string>> = {
  access_denied: 'Access was not granted. Nothing was connected.',
  insufficient_scope: 'Not all boxes were ticked. Connect again and allow access to the files.',
  account_mismatch: 'That was another account. Connect it separately, or choose the same account.',
  invalid_state: 'Signing in took too long. Start again.',
  cancelled:
    'The sign-in window was closed, or cannot be seen from here. If it is still open, finish there: this page will notice.',
  provider_misconfigured: 'The operator has to correct this provider’s settings.',
}

function failure(code: string): ApiError {
  return new ApiError(0, code, MESSAGES[code] ?? 'The connection was not made. Try again later.')
}
