// The window in which people sign in: opened with the click itself, and watched until it is gone.
import { SlipwayError } from '../error.ts'

const FEATURES = 'popup,width=560,height=720'

/** Opens an empty window. Only directly in a click handler: one that is opened later is blocked. Throws `popup_blocked`. */
export function openPopup(): Window {
  const popup = window.open('about:blank', '_blank', FEATURES)
  if (popup !== null) return popup
  throw failure('popup_blocked')
}

/** Resolves when the window counts as closed, or after `stop`. */
export async function untilClosed(popup: Window, stop: AbortSignal): Promise<void> {
  while (!popup.closed && !stop.aborted) await pause(250, stop)
}

/** Resolves after so many milliseconds, or at once when `stop` is aborted. */
export function pause(milliseconds: number, stop?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stop?.removeEventListener('abort', end)
      resolve(undefined)
    }
    const timer = setTimeout(end, milliseconds)
    if (stop?.aborted) end()
    else stop?.addEventListener('abort', end)
  })
}

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
  unclaimed:
    'You have signed in, but this page could not be told. Allow third-party cookies for this page, or start again.',
  provider_misconfigured: 'The operator has to correct this provider’s settings.',
}

/** How connecting failed, in words that name the way out. `detail`: the API's own, for what has none here. */
export function failure(code: string, detail?: string): SlipwayError {
  const otherwise = detail ?? 'The connection was not made. Try again later.'
  const message = Object.hasOwn(MESSAGES, code) ? MESSAGES[code] : undefined
  return new SlipwayError(0, code, message ?? otherwise)
}
