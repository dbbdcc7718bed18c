// Follows one attempt to connect until it is completed or has failed, by message and by polling, whichever tells first.
import { ApiError, call, toError } from './api.ts'

interface Attempt {
  readonly status: 'pending' | 'awaiting_claim' | 'completed' | 'failed'
  readonly code?: string
  /** Why it failed, where the code alone does not say enough. */
  readonly detail?: string
}

const POLL_MS = 1500
/** Once nobody may be there any more. */
const SLOW_POLL_MS = 5000

interface FollowOptions {
  /** When the window may be closed: it is asked about less often. */
  readonly gone: AbortSignal
  readonly stop: AbortSignal
}

/**
 * Resolves when the attempt is completed; throws its failure as an ApiError, `cancelled` after `stop`. A network that fails meanwhile
 * is waited for.
 */
export async function followAttempt(
  attemptId: string,
  { gone, stop }: FollowOptions,
): Promise<void> {
  const message = listenFor(attemptId)
  try {
    for (;;) {
      const told = await Promise.race([
        message.received,
        wait(gone.aborted ? SLOW_POLL_MS : POLL_MS),
      ])
      if (stop.aborted) throw failure('cancelled')
      if (told?.error !== undefined) {
        throw failure(told.error, (await readAttempt(attemptId))?.detail)
      }
      if (told?.code !== undefined) {
        await call('/api/cloud/oauth/complete', 'POST', { code: told.code })
      }
      if (told !== undefined) return
      // A severed opener gets no message, so the attempt itself is asked.
      const attempt = await readAttempt(attemptId)
      if (attempt?.status === 'completed') return
      if (attempt?.status === 'failed') throw failure(attempt.code ?? 'internal', attempt.detail)
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

export const wait = (milliseconds: number) =>
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), milliseconds))

const MESSAGES: Readonly<Record<string, string>> = {
  access_denied: 'Access was not granted. Nothing was connected.',
  admin_consent_required:
    'Your organisation lets only an administrator approve this. Ask your administrator to approve it, then connect again.',
  insufficient_scope: 'Not all boxes were ticked. Connect again and allow access to the files.',
  account_mismatch:
    'That was another account. Reconnect with the same account as before, or connect the other one separately.',
  invalid_state: 'Signing in took too long. Start again.',
  server_check_failed:
    'The server let you sign in, but did not show your files. Connect again, or ask its administrator.',
  cancelled:
    'The sign-in window was closed, or cannot be seen from here. If it is still open, finish there: this page will notice.',
  popup_blocked: 'The browser blocked the sign-in window. Allow popups for this page.',
  provider_misconfigured: 'The operator has to correct this provider’s settings.',
}

/** How connecting failed, in words that name the way out. `detail`: the API's own, for what has none here. */
export function failure(code: string, detail?: string): ApiError {
  const otherwise = detail ?? 'The connection was not made. Try again later.'
  return new ApiError(0, code, MESSAGES[code] ?? otherwise)
}

/** The same for what a form was refused for: its own words name the field, except where the way out is not in the form. */
export function explain(error: unknown): ApiError {
  const told = toError(error)
  const elsewhere = ['account_mismatch', 'admin_consent_required'].includes(told.code)
  return elsewhere ? failure(told.code) : told
}
