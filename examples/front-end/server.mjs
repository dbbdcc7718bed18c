// A front end of its own, on another origin than Slipway: serves its page, and signs the tokens with which that page calls the API.
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

/** Seconds that a token lasts: the page asks for a new one when it has ended. */
const TOKEN_LIFE_S = 300

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/settings': ['index.html', 'text/html; charset=utf-8'],
  '/connected': ['connected.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/connected.js': ['connected.js', 'text/javascript; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
}

const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/

/**
 * Starts the server on loopback.
 * @param options.slipwayUrl where Slipway is, as its PUBLIC_URL has it
 * @param options.secret Slipway's AUTH_JWT_SECRET; in production it is known to the two servers and nobody else
 * @param options.issuer, options.audience Slipway's AUTH_ISSUER and AUTH_AUDIENCE, where they are set
 * @param options.headers more of them for its pages, such as Cross-Origin-Opener-Policy
 * @param options.port 0 for any
 */
export async function startFrontEnd(options) {
  const { secret, issuer, audience, port = 8788 } = options
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end())
  })

  async function answer(request, response) {
    const { pathname } = new URL(request.url ?? '/', 'http://front-end')
    if (pathname === '/token') {
      // A name of somebody else's may lead here, too: its pages would be of the same origin.
      if (!OWN_HOST.test(request.headers.host ?? '')) return response.writeHead(403).end()
      // A real application looks at its own session here. Nobody else's page can read the answer: there are no CORS headers.
      const token = signToken({ user: 'eve', email: 'eve@front-end.example' })
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      return response.end(JSON.stringify({ token }))
    }
    const { slipwayUrl } = options
    const file = FILES[pathname]
    if (file === undefined) return response.writeHead(404).end('Not found')
    const text = await readFile(new URL(`public/${file[0]}`, import.meta.url), 'utf8')
    response.writeHead(200, {
      'content-type': file[1],
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        `script-src 'self' ${slipwayUrl}`,
        `connect-src 'self' ${slipwayUrl}`,
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ].join('; '),
      'x-content-type-options': 'nosniff',
      ...options.headers,
    })
    response.end(text.replaceAll('%SLIPWAY_URL%', slipwayUrl))
  }

  /** A JWT (RFC 7519) with HS256. */
  function signToken({ user, email }) {
    const now = Math.floor(Date.now() / 1000)
    const claims = { sub: user, email, iat: now, exp: now + TOKEN_LIFE_S }
    if (issuer !== undefined) claims.iss = issuer
    if (audience !== undefined) claims.aud = audience
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }

  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    // Not localhost: for browsers this is another site than Slipway's, as in production.
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

// `node examples/front-end/server.mjs`: beside a Slipway that runs elsewhere.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { SLIPWAY_URL, AUTH_JWT_SECRET, AUTH_ISSUER, AUTH_AUDIENCE, EXAMPLE_PORT } = process.env
  if (!SLIPWAY_URL || !AUTH_JWT_SECRET) {
    console.error('Set SLIPWAY_URL and AUTH_JWT_SECRET, and name this origin in FRONTEND_ORIGINS.')
    process.exit(2)
  }
  const frontEnd = await startFrontEnd({
    slipwayUrl: SLIPWAY_URL,
    secret: AUTH_JWT_SECRET,
    issuer: AUTH_ISSUER,
    audience: AUTH_AUDIENCE,
    port: Number(EXAMPLE_PORT ?? 8788),
  })
  console.log(`The front end is on ${frontEnd.url}`)
}
