// Connects through a popup: opened with the click itself, followed by message and by polling, whichever tells first.
import { ApiError, call } from './api.ts'

interface Attempt {
  readonly status: 'pending' | 'awaiting_claim' | 'completed' | 'failed'
  readonly code?: string
}

const POLL_MS = 1500
/** After the popup is gone the callback may still be on its way. */
const GRACE_MS = 6000

/**
 * Opens the vendor's consent page and resolves when the connection is made. Call it directly in a click handler: a popup that is
 * opened later is blocked. Throws ApiError with the attempt's code, `popup_blocked` or `cancelled`.
 */
export async function connectInPopup(provider: string, connectionId?: string): Promise<void> {
  const popup = window.open('about:blank', '_blank', 'popup,width=560,height=720')
  if (popup === null) {
    throw new ApiError(
      0,
      'popup_blocked',
      'The browser blocked the sign-in window. Allow popups for this page.',
    )
  }
  try {
    const query = new URLSearchParams({ mode: 'popup' })
    if (connectionId !== undefined) query.set('connection_id', connectionId)
    const started = await call<{ authorization_url: string; attempt_id: string }>(
      `/api/cloud/oauth/initiate/${encodeURIComponent(provider)}?${query.toString()}`,
    )
    popup.location.href = started.authorization_url
    await untilFinished(popup, started.attempt_id)
  } finally {
    popup.close()
  }
}

async function untilFinished(popup: Window, attemptId: string): Promise<void> {
  const message = listenFor(attemptId)
  let goneSince: number | undefined
  try {
    for (;;) {
      const told = await Promise.race([message.received, wait(POLL_MS)])
      if (told?.error !== undefined) throw failure(told.error)
      if (told?.code !== undefined) {
        await call('/api/cloud/oauth/complete', 'POST', { code: told.code })
        return
      }
      // A severed opener sends no message, so the attempt itself is asked.
      const attempt = await call<Attempt>(
        `/api/cloud/oauth/attempts/${encodeURIComponent(attemptId)}`,
      )
      if (attempt.status === 'completed') return
      if (attempt.status === 'failed') throw failure(attempt.code ?? 'internal')
      if (popup.closed) goneSince ??= Date.now()
      if (goneSince !== undefined && Date.now() - goneSince > GRACE_MS) throw failure('cancelled')
    }
  } finally {
    message.stop()
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
  cancelled: 'The sign-in window was closed. Nothing was connected.',
  provider_misconfigured: 'The operator has to correct this provider’s settings.',
}

function failure(code: string): ApiError {
  return new ApiError(0, code, MESSAGES[code] ?? 'The connection was not made. Try again later.')
}
