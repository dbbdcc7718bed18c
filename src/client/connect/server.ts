// Connects a person's own server: with a user name and a password, or by signing in at the server itself.
import type { Http } from '../http.ts'
import { CONNECTIONS } from '../paths.ts'
import type { Connection } from '../views.ts'
import { followAttempt } from './attempt.ts'
import { failure, openPopup, untilClosed } from './popup.ts'

/** The fields that `form_fields` of the provider names. */
export interface PasswordFields {
  /** With `https://`, or without. */
  readonly server_url: string
  readonly username: string
  readonly password: string
  readonly label?: string
  /** Renews this connection in place. */
  readonly connection_id?: string | undefined
}

/** Throws SlipwayError whose `errors` name the fields, such as `body.server_url`. */
export function connectWithPassword(
  http: Http,
  provider: string,
  fields: PasswordFields,
): Promise<Connection> {
  return http.call(`${CONNECTIONS}/webdav`, { method: 'POST', body: { provider, ...fields } })
}

export interface LoginFlowOptions {
  readonly server_url: string
  /** Renews this connection in place. */
  readonly connection_id?: string | undefined
  readonly signal?: AbortSignal
}

/** Somebody is signing in at a server of their own. */
export interface LoginFlow {
  /** The server's page, should its window have been closed too early. */
  readonly loginUrl: string
  /** Until when the server waits. */
  readonly expiresAt: string
  /** Resolves when the window counts as closed: it may yet be finished elsewhere. */
  readonly closed: Promise<void>
  /** Resolves with the connection; throws SlipwayError. */
  readonly finished: Promise<Connection>
  /** Stops waiting. */
  readonly cancel: () => void
}

interface Begun {
  readonly login_url: string
  readonly attempt_id: string
  readonly expires_at: string
}

/**
 * Opens the server's own sign-in page (Nextcloud's Login Flow v2) in a window. Call it directly in a click handler. Throws `popup_blocked`,
 * and what the server's address was refused for.
 */
export async function startLoginFlow(
  http: Http,
  provider: string,
  { signal, ...body }: LoginFlowOptions,
): Promise<LoginFlow> {
  const popup = openPopup()
  const stop = new AbortController()
  const cancel = () => {
    stop.abort()
    popup.close()
  }
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    // Whoever runs the server must not be able to send this page elsewhere.
    popup.opener = null
    const path = `${CONNECTIONS}/${encodeURIComponent(provider)}/login`
    const begun = await http.call<Begun>(path, { method: 'POST', body, signal })
    if (signal?.aborted) throw failure('cancelled')
    popup.location.href = begun.login_url
    const gone = new AbortController()
    const closed = untilClosed(popup, stop.signal).then(() => gone.abort())
    const finished = followAttempt(http, begun.attempt_id, {
      gone: gone.signal,
      stop: stop.signal,
    }).finally(() => {
      signal?.removeEventListener('abort', cancel)
      cancel()
    })
    // Whoever only waits for the window to close is not to be told of a failure that nobody caught.
    finished.catch(() => undefined)
    const { login_url: loginUrl, expires_at: expiresAt } = begun
    return { loginUrl, expiresAt, closed, finished, cancel }
  } catch (error) {
    signal?.removeEventListener('abort', cancel)
    cancel()
    throw error
  }
}
