// Signing in as a made-up local user: for development, where no application in front issues tokens.
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { SignJWT } from 'jose'
import { z } from 'zod'
import type { AppContext, AppEnv } from '../app-context.ts'
import type { Settings } from '../env.ts'
import { Problem } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { renderPage } from './layout.tsx'

const HOURS = 12

const signInForm = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be a short name in lower-case letters'),
  admin: z.literal('1').optional(),
})

export const signIn = new Hono<AppEnv>()

/** Only where the Worker itself holds the key that tokens are checked with, and never in production. */
export function canSignIn({ environment, auth }: Settings): boolean {
  return environment === 'development' && auth.jwtSecret !== undefined
}

// Each by its own path: a pattern for all would answer for routes that do not exist.
for (const path of ['/sign-in', '/sign-out']) {
  signIn.use(path, async (c, next) => {
    if (!canSignIn(c.var.services.settings)) {
      throw new Problem('not_found', 'There is no such route.')
    }
    if (c.req.method === 'POST') checkOwnPage(c)
    await next()
  })
}

/** A form on another site must not sign anybody in or out. */
function checkOwnPage(c: AppContext): void {
  const site = c.req.header('Sec-Fetch-Site')
  const own = new URL(c.var.services.settings.publicUrl).origin
  const same = site === undefined ? c.req.header('Origin') === own : site === 'same-origin'
  if (!same) throw new Problem('forbidden', 'Use the sign-in page of this service.')
}

signIn.get('/sign-in', () =>
  renderPage(
    { title: 'Sign in – Slipway' },
    <main class="narrow">
      <h1>Sign in to Slipway</h1>
      <p class="muted">Development only: these users exist on this machine, without passwords.</p>
      <div class="stack">
        {['ann', 'bob'].map((name) => (
          <form method="post" action="/sign-in">
            <input type="hidden" name="name" value={name} />
            <button class="wide main">
              Sign in as {name.replace(/^./, (first) => first.toUpperCase())}
            </button>
          </form>
        ))}
      </div>
      <form method="post" action="/sign-in" class="card">
        <label for="name">Somebody else</label>
        <input id="name" name="name" required pattern="[a-z0-9][a-z0-9._\-]*" autocomplete="off" />
        <label class="check">
          <input type="checkbox" name="admin" value="1" /> as an administrator
        </label>
        <button>Sign in</button>
      </form>
    </main>,
  ),
)

signIn.post('/sign-in', validate('form', signInForm), async (c) => {
  const { auth, publicUrl } = c.var.services.settings
  const { name, admin } = c.req.valid('form')
  if (admin === undefined) await c.var.services.checkAccount(name)
  const token = new SignJWT({
    email: `${name}@local.test`,
    ...(admin === undefined ? {} : { [auth.roleClaim]: auth.adminValue }),
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(name)
    .setIssuedAt()
    .setExpirationTime(`${HOURS}h`)
  if (auth.issuer !== undefined) token.setIssuer(auth.issuer)
  if (auth.audience !== undefined) token.setAudience(auth.audience)
  const value = await token.sign(new TextEncoder().encode(auth.jwtSecret))
  setCookie(c, auth.cookie, value, { ...cookieFlags(publicUrl), maxAge: HOURS * 3600 })
  return c.redirect('/', 303)
})

signIn.post('/sign-out', (c) => {
  const { auth, publicUrl } = c.var.services.settings
  setCookie(c, auth.cookie, '', { ...cookieFlags(publicUrl), maxAge: 0 })
  return c.redirect('/', 303)
})

function cookieFlags(publicUrl: string) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: publicUrl.startsWith('https:'),
  } as const
}
