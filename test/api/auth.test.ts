// Who may call what (spec section 2), judged from outside.
import { createServer, type Server } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JWT_SECRET, startSlipway, type Slipway } from '../harness.ts'

const secret = new TextEncoder().encode(JWT_SECRET)
const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(secret)
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600

describe('authentication with a shared secret', () => {
  let app: Slipway
  beforeAll(async () => {
    app = await startSlipway()
  })
  afterAll(() => app.close())

  const get = (headers: Record<string, string>, path = '/api/users/me') =>
    fetch(`${app.url}${path}`, { headers })

  it('answers 401 with a challenge when there is no token', async () => {
    const response = await get({})
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const body = (await response.json()) as Record<string, unknown>
    expect(body).toMatchObject({ code: 'unauthorized', status: 401 })
    expect(body['request_id']).toBe(response.headers.get('x-request-id'))
  })

  it('knows the user by sub and e-mail', async () => {
    const response = await app.as('ann')('/api/users/me')
    expect(await response.json()).toMatchObject({ user_id: 'ann', email: 'ann@local.test' })
  })

  it.each([
    ['expired', () => sign({ sub: 'ann', exp: inAnHour() - 7200 })],
    ['without exp', () => sign({ sub: 'ann' })],
    ['without sub', () => sign({ exp: inAnHour() })],
    ['with an empty sub', () => sign({ sub: '', exp: inAnHour() })],
    [
      'signed with another secret',
      () =>
        new SignJWT({ sub: 'ann', exp: inAnHour() })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode('another secret of the same length...')),
    ],
    [
      'with another algorithm',
      () =>
        new SignJWT({ sub: 'ann', exp: inAnHour() })
          .setProtectedHeader({ alg: 'HS512' })
          .sign(secret),
    ],
    ['unsigned', () => Promise.resolve(new UnsecuredJWT({ sub: 'ann', exp: inAnHour() }).encode())],
  ])('refuses a token that is %s', async (_, make) => {
    const response = await get({ authorization: `Bearer ${await make()}` })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'unauthorized' })
  })

  it('never falls back to the cookie when a Bearer header came along', async () => {
    const cookie = `slipway_session=${await app.token('ann')}`
    expect((await get({ cookie })).status).toBe(200)
    expect((await get({ cookie, authorization: 'Bearer nonsense' })).status).toBe(401)
    expect((await get({ cookie, authorization: 'Basic YTpi' })).status).toBe(401)
  })

  it('takes a write with a cookie only from its own pages', async () => {
    const write = async (site: string | undefined) =>
      fetch(`${app.url}/api/users/me/default-storage`, {
        method: 'PATCH',
        headers: {
          cookie: `slipway_session=${await app.token('ann')}`,
          'content-type': 'application/json',
          ...(site === undefined ? {} : { 'sec-fetch-site': site }),
        },
        body: JSON.stringify({ backend: 'r2' }),
      })
    expect((await write('same-origin')).status).toBe(200)
    for (const site of ['cross-site', 'same-site', 'none', undefined]) {
      expect((await write(site)).status).toBe(403)
    }
  })

  it('starts connecting with a cookie only from its own pages', async () => {
    const start = async (site: string | undefined) =>
      fetch(`${app.url}/api/cloud/oauth/initiate/google_drive`, {
        redirect: 'manual',
        headers: {
          cookie: `slipway_session=${await app.token('ann')}`,
          ...(site === undefined ? {} : { 'sec-fetch-site': site }),
        },
      })
    const refused = await start('cross-site')
    expect(refused.status).toBe(403)
    expect(refused.headers.get('set-cookie')).toBeNull()
    expect((await start(undefined)).status).toBe(403)
    expect((await start('same-origin')).status).toBe(302)
  })

  it('keeps administrators away from users’ drives', async () => {
    const admin = app.as('root', { role: 'admin' })
    for (const path of ['/api/cloud/connections', '/api/cloud/providers', '/api/documents']) {
      const response = await admin(path)
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'forbidden' })
    }
  })

  it('allows exact origins only, with credentials', async () => {
    const preflight = (origin: string) =>
      fetch(`${app.url}/api/cloud/connections`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      })
    const allowed = await preflight('http://app.localhost:3000')
    expect(allowed.headers.get('access-control-allow-origin')).toBe('http://app.localhost:3000')
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
    for (const origin of ['http://app.localhost:3001', 'http://evil.app.localhost:3000', 'null']) {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('answers an unknown route with a problem', async () => {
    const response = await get({}, '/api/nothing')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'not_found' })
  })
})

describe('authentication with a key set', () => {
  let app: Slipway
  let server: Server
  let issuer: string
  let mode: 'answer' | 'fail' = 'answer'
  let key: CryptoKey
  let jwk: JWK

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    key = pair.privateKey
    jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }
    server = createServer((_request, response) => {
      if (mode === 'fail') response.writeHead(500).end()
      else {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ keys: [jwk] }))
      }
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const address = server.address()
    issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })

  const token = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    new SignJWT({
      sub: 'ann',
      exp: inAnHour(),
      iss: 'https://id.example',
      aud: 'slipway',
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key)

  it('checks signature, issuer and audience, and pins the algorithms', async () => {
    app = await startSlipway({
      settings: {
        AUTH_JWT_SECRET: undefined,
        AUTH_JWKS_URL: `${issuer}/jwks`,
        AUTH_ISSUER: 'https://id.example',
        AUTH_AUDIENCE: 'slipway',
      },
    })
    try {
      const status = async (bearer: string) =>
        (await fetch(`${app.url}/api/users/me`, { headers: { authorization: `Bearer ${bearer}` } }))
          .status
      expect(await status(await token({}))).toBe(200)
      expect(await status(await token({ iss: 'https://other.example' }))).toBe(401)
      expect(await status(await token({ aud: 'another' }))).toBe(401)
      // The public key used as an HMAC secret: the classic confusion.
      const confused = await new SignJWT({ sub: 'ann', exp: inAnHour() })
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(new TextEncoder().encode(JSON.stringify(jwk)))
      expect(await status(confused)).toBe(401)
      // A key that the token brings along is not looked at.
      const own = await generateKeyPair('ES256', { extractable: true })
      const forged = await new SignJWT({
        sub: 'ann',
        exp: inAnHour(),
        iss: 'https://id.example',
        aud: 'slipway',
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', jwk: await exportJWK(own.publicKey) })
        .sign(own.privateKey)
      expect(await status(forged)).toBe(401)
    } finally {
      await app.close()
    }
  })

  it('answers 503 when the key set is out of reach, and never lets anybody pass', async () => {
    mode = 'fail'
    app = await startSlipway({
      settings: { AUTH_JWT_SECRET: undefined, AUTH_JWKS_URL: `${issuer}/jwks` },
    })
    try {
      const response = await fetch(`${app.url}/api/users/me`, {
        headers: { authorization: `Bearer ${await token({})}` },
      })
      expect(response.status).toBe(503)
    } finally {
      await app.close()
      mode = 'answer'
    }
  })
})

describe('settings', () => {
  it.each([
    ['CREDENTIALS_KEYS', { CREDENTIALS_KEYS: 'k1:c2VjcmV0LXZhbHVl' }, 'c2VjcmV0LXZhbHVl'],
    ['PROVIDER_ORIGINS', { PROVIDER_ORIGINS: '{"secret-value":' }, 'secret-value'],
    ['FRONTEND_ORIGINS', { FRONTEND_ORIGINS: 'https://*.secret-value' }, 'secret-value'],
    [
      'AUTH_JWKS_URL or AUTH_JWT_SECRET',
      { AUTH_JWKS_URL: 'http://127.0.0.1:1/secret-value' },
      'secret-value',
    ],
    [
      'ALLOW_PRIVATE_SERVERS',
      { ENVIRONMENT: 'production', AUTH_ISSUER: 'secret-value', AUTH_AUDIENCE: 'x' },
      'secret-value',
    ],
    [
      'AUTH_ISSUER',
      {
        ENVIRONMENT: 'production',
        PUBLIC_URL: 'https://slipway.example',
        ALLOW_PRIVATE_SERVERS: '',
      },
      'slipway.example',
    ],
    [
      'GOOGLE_DRIVE_CLIENT_SECRET',
      { GOOGLE_DRIVE_CLIENT_ID: 'secret-value', GOOGLE_DRIVE_CLIENT_SECRET: '' },
      'secret-value',
    ],
  ])(
    'a bad %s stops the Worker with a message that names it and not its value',
    async (name, settings, value) => {
      const app = await startSlipway({ settings })
      try {
        const response = await app.as('ann')('/api/cloud/providers')
        expect(response.status).toBe(500)
        const text = await response.text()
        expect(text).toContain(name)
        expect(text).not.toContain(value)
        expect(app.logs.join('')).not.toContain(value)
      } finally {
        await app.close()
      }
    },
  )
})
