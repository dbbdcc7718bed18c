// Follows one attempt to connect until it is completed or has failed, by message and by polling, whichever tells first.
import { toError } from '../error.ts'
import type { Http } from '../http.ts'
import type { Connection, PopupMessage } from '../views.ts'
import { failure, pause } from './popup.ts'

interface Attempt {
  readonly status: 'pending' | 'awaiting_claim' | 'completed' | 'failed'
  readonly connection?: Connection
  readonly code?: string
  /** Why it failed, where the code alone does not say enough. */
  readonly detail?: string
}

const POLL_MS = 1500
/** Once nobody may be there any more. */
const SLOW_POLL_MS = 5000

const CLAIMS = 3
/** Seconds between two claims at most, whatever the server asks for. */
const LONGEST_S = 10

export interface FollowOptions {
  /** When the window may be closed: it is asked about less often. */
  readonly gone: AbortSignal
  readonly stop: AbortSignal
  /** The vendor has answered, and nobody has claimed what it gave. */
  readonly onUnclaimed?: () => void
}

/**
 * Resolves with the connection; throws the attempt's failure, `cancelled` after `stop`. A network that fails meanwhile is waited for.
 * It comes to an end by itself: an attempt expires.
 */
export async function followAttempt(
  http: Http,
  attemptId: string,
  { gone, stop, onUnclaimed }: FollowOptions,
): Promise<Connection> {
  const message = listenFor(http.origin, attemptId)
  try {
    for (;;) {
      const rest = pause(gone.aborted ? SLOW_POLL_MS : POLL_MS, stop)
      const told = await Promise.race([message.received, rest])
      if (stop.aborted) throw failure('cancelled')
      if (told?.type === 'oauth_error') {
        throw failure(told.error, (await readAttempt(http, attemptId))?.detail)
      }
      const claimed = told?.code === undefined ? undefined : await tryClaim(http, told.code)
      if (claimed !== undefined) return claimed
      // A severed opener gets no message, so the attempt itself is asked.
      const attempt = await readAttempt(http, attemptId)
      if (attempt?.connection !== undefined) return attempt.connection
      if (attempt?.status === 'failed') throw failure(attempt.code ?? 'internal', attempt.detail)
      if (attempt?.status === 'awaiting_claim') onUnclaimed?.()
      // What was told once is told at every turn: the next look comes in its time all the same.
      if (told !== undefined) await rest
    }
  } finally {
    message.stop()
  }
}

/** Makes the caller's own what waits under a one-use code. */
function claim(http: Http, code: string): Promise<Connection> {
  return http.call('/api/cloud/oauth/complete', { method: 'POST', body: { code } })
}

/**
 * Claims where there is no second way to the code. What the network or the server has failed is tried again, then the attempt is asked:
 * a claim whose answer was lost has used up the code.
 */
export async function claimSurely(
  http: Http,
  code: string,
  attemptId: string | undefined,
): Promise<Connection> {
  let refusal: unknown
  for (let tries = 1; tries <= CLAIMS; tries += 1) {
    try {
      return await claim(http, code)
    } catch (error) {
      refusal ??= error
      const { status, retryAfter = tries } = toError(error)
      if (status === 404) break
      if (status !== 0 && status !== 429 && status < 500) throw error
      await pause(Math.min(retryAfter, LONGEST_S) * 1000)
    }
  }
  for (let looks = 1; attemptId !== undefined && looks <= CLAIMS; looks += 1) {
    const attempt = await readAttempt(http, attemptId).catch(() => undefined)
    if (attempt?.connection !== undefined) return attempt.connection
    if (attempt?.status === 'failed') throw failure(attempt.code ?? 'internal', attempt.detail)
    // The claim whose answer was lost may still be under way.
    await pause(looks * 1000)
  }
  throw refusal
}

/** A claim whose answer was lost has been made, or can be made again: the attempt says which. */
async function tryClaim(http: Http, code: string): Promise<Connection | undefined> {
  try {
    return await claim(http, code)
  } catch (error) {
    const { status } = toError(error)
    if (status === 0 || status === 404 || status === 429 || status >= 500) return undefined
    throw error
  }
}

async function readAttempt(http: Http, attemptId: string): Promise<Attempt | undefined> {
  try {
    return await http.call<Attempt>(`/api/cloud/oauth/attempts/${encodeURIComponent(attemptId)}`)
  } catch (error) {
    const { status } = toError(error)
    if (status === 0 || status === 429 || status >= 500) return undefined
    throw error
  }
}

/** The message of the window that has finished: from the API's own origin, and about this attempt. */
function listenFor(origin: string, attemptId: string) {
  let stop = () => undefined as void
  const received = new Promise<PopupMessage>((resolve) => {
    const listener = (event: MessageEvent<unknown>) => {
      if (event.origin !== origin) return
      const data = event.data as PopupMessage | null
      if (data?.attempt_id !== attemptId) return
      if (data.type === 'oauth_success' || data.type === 'oauth_error') resolve(data)
    }
    window.addEventListener('message', listener)
    stop = () => window.removeEventListener('message', listener)
  })
  return { received, stop: () => stop() }
}
