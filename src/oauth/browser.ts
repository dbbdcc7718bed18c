// What the flow leaves with a browser and takes back from it: the binding cookie, the vendor's redirect, the way back to the front end.
import { getCookie } from 'hono/cookie'
import type { AppContext } from '../app-context.ts'
import { outlive } from '../outlive.ts'
import { ATTEMPT_TTL_S, type StartedAttempt } from './attempts.ts'
import { finish, type Outcome } from './flow.ts'
import { popupMessage, popupPage } from './popup.ts'

const bindingCookie = (attemptId: string) => `__Host-slipway-oauth-${attemptId}`

/** Binds the browser that gets this answer to the attempt. Only for answers to a request that carried the user's JWT. */
export function bindBrowser(answer: Response, { id, binding }: StartedAttempt): Response {
  // Lax: the callback is a top-level navigation from the vendor's site, which Strict would leave out.
  answer.headers.append(
    'set-cookie',
    `${bindingCookie(id)}=${binding}; Path=/; Max-Age=${ATTEMPT_TTL_S}; Secure; HttpOnly; SameSite=Lax`,
  )
  answer.headers.set('cache-control', 'no-store')
  return answer
}

/** The cookie has done its work. */
export function unbindBrowser(answer: Response, attemptId: string): Response {
  answer.headers.append(
    'set-cookie',
    `${bindingCookie(attemptId)}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`,
  )
  return answer
}

/** Ends the attempt that the vendor's redirect belongs to. Throws `invalid_state` where there is none. */
export function receiveCallback(c: AppContext, providerId: string): Promise<Outcome> {
  const { services } = c.var
  const work = finish(services, {
    providerId,
    redirectUri: services.settings.publicUrl + c.req.path,
    state: c.req.query('state'),
    code: c.req.query('code'),
    error: c.req.query('error'),
    errorDescription: c.req.query('error_description'),
    issuer: c.req.query('iss'),
    binding: (attemptId) => getCookie(c, bindingCookie(attemptId)),
  })
  // The code is used up: a browser that leaves must not leave the attempt half way.
  return outlive(services, work)
}

/** The answer of a callback by the attempt's mode: the popup's page, or the way back to `return_to`. */
export function sendBack(c: AppContext, outcome: Outcome): Response {
  const { frontendOrigins } = c.var.services.settings
  const answer =
    outcome.flow.mode === 'popup'
      ? popupPage(popupMessage(outcome), frontendOrigins)
      : redirectBack(c, outcome)
  return unbindBrowser(answer, outcome.attemptId)
}

/** The claim code travels in the fragment: it reaches the front end's script, and no server log on the way. */
function redirectBack(c: AppContext, outcome: Outcome): Response {
  const url = new URL(outcome.flow.returnTo)
  if (outcome.kind === 'failed') url.searchParams.set('cloud_error', outcome.problem.code)
  if (outcome.kind === 'connected') url.searchParams.set('cloud_connected', outcome.flow.provider)
  if (outcome.kind === 'claim') {
    url.searchParams.set('cloud_attempt', outcome.attemptId)
    url.hash = `cloud_claim=${outcome.code}`
  }
  const answer = c.redirect(url.href, 302)
  answer.headers.set('cache-control', 'no-store')
  answer.headers.set('referrer-policy', 'no-referrer')
  return answer
}
