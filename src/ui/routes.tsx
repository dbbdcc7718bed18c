// The pages: the console, sign-in for development, the meaning of each problem code, and their files.
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import type { AppContext, AppEnv } from '../app-context.ts'
import { verifyToken } from '../auth/jwt.ts'
import { Problem, PROBLEMS, type ProblemCode } from '../problems/problem.ts'
import { assets, ICON } from './assets.ts'
import { renderPage } from './layout.tsx'
import { canSignIn, signIn } from './sign-in.tsx'

export const ui = new Hono<AppEnv>()

ui.get('/', async (c) => {
  if (await isSignedIn(c)) {
    const local = canSignIn(c.var.services.settings)
    return renderPage(
      { title: 'Slipway', script: true },
      <div id="app" data-sign-out={local ? '1' : undefined}>
        <p class="loading">Loading…</p>
        <noscript>The console needs JavaScript.</noscript>
      </div>,
    )
  }
  return renderPage({ title: 'Slipway' }, <Welcome local={canSignIn(c.var.services.settings)} />)
})

async function isSignedIn(c: AppContext): Promise<boolean> {
  const { services } = c.var
  const cookie = getCookie(c, services.settings.auth.cookie)
  if (!cookie) return false
  return verifyToken(services, cookie, true).then(
    () => true,
    () => false,
  )
}

function Welcome({ local }: { local: boolean }) {
  return (
    <main class="narrow">
      <h1>Slipway</h1>
      <p>Every cloud drive behind one API: connect, browse, upload and download.</p>
      {local ? (
        <p>
          <a class="button main" href="/sign-in">
            Sign in
          </a>
        </p>
      ) : (
        <p>Sign in through the application that sent you here; this page opens with its session.</p>
      )}
    </main>
  )
}

ui.get('/assets/:name', async (c) => {
  const { script, style, chunks } = await assets()
  const found = [script, style, ...chunks].find(({ path }) => path === c.req.path)
  if (found === undefined) throw new Problem('not_found', 'There is no such file.')
  return c.body(found.body, 200, {
    'content-type': found.type,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
})

ui.get('/favicon.svg', (c) =>
  c.body(ICON, 200, { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' }),
)

ui.get('/problems/:code', (c) => {
  const code = c.req.param('code')
  if (!Object.hasOwn(PROBLEMS, code)) throw new Problem('not_found', 'There is no such problem.')
  const { title, status, help } = PROBLEMS[code as ProblemCode]
  return renderPage(
    { title: `${title} – Slipway` },
    <main class="narrow">
      <h1>{title}</h1>
      <p>
        <code>{code}</code>, HTTP {status}
      </p>
      <p>{help}</p>
    </main>,
  )
})

ui.route('/', signIn)
