// Who may call what: a user acts on his own drives, an administrator on nobody's.
import { createMiddleware } from 'hono/factory'
import { getCookie } from 'hono/cookie'
import type { AppContext, AppEnv } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import { verifyToken } from './jwt.ts'

export interface Caller {
  readonly userId: string
  readonly email: string | undefined
  readonly isAdmin: boolean
  /** Whether the token came from the cookie: then a browser may have been led to send it. */
  readonly byCookie: boolean
}

/** Verifies the caller's token and stops anybody without one (401). */
export const requireCaller = createMiddleware<AppEnv>(async (c, next) => {
  c.set('caller', await identifyCaller(c))
  await next()
})

/** A user, not an administrator (403): an operator never acts on a user's drives. One who is being deleted is refused as well. */
export const requireUser = createMiddleware<AppEnv>(async (c, next) => {
  const caller = await identifyUser(c)
  await c.var.services.checkAccount(caller.userId)
  c.set('caller', caller)
  await next()
})

/** The same, also when the user's deletion goes on already: for the route that asks for it. */
export const requireLeaver = createMiddleware<AppEnv>(async (c, next) => {
  c.set('caller', await identifyUser(c))
  await next()
})

async function identifyUser(c: AppContext): Promise<Caller> {
  const caller = await identifyCaller(c)
  if (caller.isAdmin) {
    throw new Problem('forbidden', 'Administrators do not act on users’ drives.')
  }
  const safe = c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.method === 'OPTIONS'
  if (!safe) checkSameOrigin(caller, c.req.header('Sec-Fetch-Site'))
  return caller
}

/**
 * With a cookie, only the Worker's own pages may write or start connecting: browsers send the cookie along with requests
 * that other sites cause, and Sec-Fetch-Site tells them apart (W3C Fetch Metadata).
 */
export function checkSameOrigin(caller: Caller, secFetchSite: string | undefined): void {
  if (caller.byCookie && secFetchSite !== 'same-origin') {
    throw new Problem(
      'forbidden',
      'With a cookie, this is allowed from the console’s own pages only.',
    )
  }
}

/** With a cookie, another site must not be able to cause this either, although it is a GET. Behind {@link requireUser}. */
export const requireOwnPage = createMiddleware<AppEnv>(async (c, next) => {
  checkSameOrigin(c.var.caller, c.req.header('Sec-Fetch-Site'))
  await next()
})

async function identifyCaller(c: AppContext): Promise<Caller> {
  const { settings } = c.var.services
  const header = c.req.header('Authorization')
  // A request that carries an Authorization header never falls back to the cookie.
  if (header !== undefined) {
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1]
    if (token === undefined) throw unauthorized('The Authorization header is not "Bearer <token>".')
    return verifyToken(c.var.services, token, false)
  }
  const cookie = getCookie(c, settings.auth.cookie)
  if (!cookie) throw unauthorized('Neither a Bearer token nor a session cookie came along.')
  return verifyToken(c.var.services, cookie, true)
}

/** RFC 6750 section 3: a 401 names the scheme. */
export function unauthorized(detail: string, cause?: unknown): Problem {
  return new Problem('unauthorized', detail, {
    cause,
    headers: { 'www-authenticate': 'Bearer realm="slipway"' },
  })
}
