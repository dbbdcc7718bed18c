// The Atlassian emulator signs in as Atlassian does: one-time refresh tokens, its own words for dead grants, a choice of sites.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { authorize } from '../emulators/oauth-server.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import {
  ANN,
  ACME,
  ask,
  askToken,
  authorizationUrl,
  BO,
  consent,
  GRANULAR,
  refresh,
  signIn,
  VERIFIER,
  type Tokens,
} from './confluence-caller.ts'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

describe('sign-in', () => {
  it('gives tokens of a JWT’s size for a code, once', async () => {
    const fields = await consent(emulators, ANN, GRANULAR)
    const first = await askToken(emulators, fields)
    const tokens = (await first.json()) as Tokens
    expect(tokens.scope).toBe(GRANULAR)
    expect(tokens.access_token.length).toBeGreaterThan(1000)
    expect(tokens.refresh_token).toMatch(/^eyJ/)
    const again = await askToken(emulators, fields)
    expect([again.status, await again.json()]).toEqual([
      403,
      { error: 'invalid_grant', error_description: 'Invalid authorization code' },
    ])
  })

  it('gives no refresh token without offline_access', async () => {
    const tokens = await signIn(emulators, ANN, 'read:page:confluence')
    expect(tokens.refresh_token).toBeUndefined()
  })

  it('takes PKCE, checks it, and lets it be left out', async () => {
    const fields = await consent(emulators, ANN, GRANULAR)
    const wrong = await askToken(emulators, { ...fields, code_verifier: `${VERIFIER}x` })
    expect(wrong.status).toBe(403)
    const none = { code_challenge: undefined, code_challenge_method: undefined }
    const back = new URL(await authorize(authorizationUrl(emulators, GRANULAR, none)))
    const { code_verifier: _, ...plain } = fields
    const code = back.searchParams.get('code') ?? ''
    expect((await askToken(emulators, { ...plain, code })).status).toBe(200)
  })

  it.each([
    ['audience', undefined],
    ['audience', 'api.example.com'],
    ['prompt', undefined],
    ['state', undefined],
    ['client_id', 'another'],
    ['redirect_uri', 'http://localhost:8787/api/cloud/oauth/callback/dropbox'],
    ['response_type', 'token'],
    ['scope', 'write:page:confluence'],
    ['access_type', 'offline'],
  ])('keeps a wrong %s on its own page', async (name, value) => {
    const answer = await fetch(authorizationUrl(emulators, GRANULAR, { [name]: value }))
    expect(answer.status).toBe(400)
  })

  it('says that the user declined', async () => {
    const back = new URL(await authorize(authorizationUrl(emulators, GRANULAR), { deny: true }))
    expect(back.searchParams.get('error')).toBe('access_denied')
    expect(back.searchParams.get('error_description')).toBe('User did not authorize the request')
  })

  it('takes JSON at the token endpoint, and a form only when told to', async () => {
    const fields = {
      client_id: emulators.clients['CONFLUENCE_CLIENT_ID'] ?? '',
      client_secret: emulators.clients['CONFLUENCE_CLIENT_SECRET'] ?? '',
      ...(await consent(emulators)),
    }
    const url = `${emulators.url}/auth.atlassian.com/oauth/token`
    const send = () => fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
    expect((await send()).status).toBe(400)
    emulators.confluence.settings.formTokens = true
    expect((await send()).status).toBe(200)
  })

  it('tells a wrong secret from a wrong grant', async () => {
    const answer = await askToken(emulators, {
      ...(await consent(emulators, ANN, GRANULAR)),
      client_secret: 'wrong',
    })
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: 'access_denied', error_description: 'Unauthorized' },
    ])
  })

  it('ends a refresh token with its use, and the grant with its reuse', async () => {
    const { refresh_token } = await signIn(emulators)
    const second = (await (await refresh(emulators, refresh_token)).json()) as Tokens
    expect(second.refresh_token).not.toBe(refresh_token)
    const reused = await refresh(emulators, refresh_token)
    expect([reused.status, await reused.json()]).toEqual([
      403,
      { error: 'unauthorized_client', error_description: 'refresh_token is invalid' },
    ])
    const newest = await refresh(emulators, second.refresh_token)
    expect([newest.status, await newest.json()]).toEqual([
      403,
      { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    ])
  })

  it('forgives a reuse within the interval', async () => {
    emulators.confluence.oauth.settings.reuseInterval = 600
    const { refresh_token } = await signIn(emulators)
    const [one, other] = await Promise.all([
      refresh(emulators, refresh_token),
      refresh(emulators, refresh_token),
    ])
    expect([one.status, other.status]).toEqual([200, 200])
  })

  it('calls a dead grant what it is told to', async () => {
    const { refresh_token } = await signIn(emulators)
    emulators.confluence.oauth.killGrant(ANN)
    emulators.confluence.settings.deadGrant = 'unauthorized_client'
    emulators.confluence.settings.deadStatus = 400
    const answer = await refresh(emulators, refresh_token)
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      400,
      'unauthorized_client',
    ])
  })
})

describe('accessible-resources and /me', () => {
  const list = async (token: string) => {
    const answer = await ask(emulators, '/oauth/token/accessible-resources', token)
    return (await answer.json()) as { id: string; name: string; url: string; scopes: string[] }[]
  }

  it('lists the site with the Confluence scopes', async () => {
    const [site, ...more] = await list((await signIn(emulators)).access_token)
    expect(more).toEqual([])
    expect(site).toMatchObject({ id: ACME, name: 'Acme', url: 'https://acme.atlassian.net' })
    expect(site?.scopes).toContain('read:page:confluence')
    expect(site?.scopes).not.toContain('offline_access')
  })

  it('lists two sites and a duplicate, one that was chosen, and none', async () => {
    const scope = 'read:space:confluence read:jira-work'
    const all = await list((await signIn(emulators, BO, scope)).access_token)
    expect(all.map(({ name }) => name)).toEqual(['Harbour & Sons', 'Harbour & Sons', 'Regatta'])
    expect(all[0]?.scopes).toEqual(['read:jira-work'])
    expect(await list((await signIn(emulators, 'carl@acme.example')).access_token)).toEqual([])
    emulators.reset()
    const [harbour, regatta] = emulators.confluence.sites(BO)
    const one = await signIn(emulators, BO, GRANULAR, [regatta?.id ?? ''])
    expect((await list(one.access_token)).map(({ name }) => name)).toEqual(['Regatta'])
    // A later consent adds to it.
    await signIn(emulators, BO, GRANULAR, [harbour?.id ?? ''])
    expect(new Set((await list(one.access_token)).map(({ name }) => name)).size).toBe(2)
  })

  it('lists what has Jira alone with no scope of Confluence', async () => {
    emulators.confluence.settings.jiraSite = true
    const [first, ...more] = await list((await signIn(emulators)).access_token)
    expect(first?.scopes).toEqual(['read:jira-work'])
    expect(more.map(({ name }) => name)).toEqual(['Acme'])
  })

  it('ends older consents when told to', async () => {
    emulators.confluence.settings.consentEndsOthers = true
    const older = await signIn(emulators)
    await signIn(emulators)
    expect((await refresh(emulators, older.refresh_token)).status).toBe(403)
  })

  it('says 401 to an expired token, and takes no parameters', async () => {
    emulators.confluence.settings.staleStatus = 404
    const { access_token } = await signIn(emulators)
    const path = '/oauth/token/accessible-resources'
    expect((await ask(emulators, `${path}?limit=1`, access_token)).status).toBe(400)
    emulators.confluence.oauth.expireAccessTokens(ANN)
    expect((await ask(emulators, path, access_token)).status).toBe(401)
    expect((await ask(emulators, '/me', access_token)).status).toBe(401)
  })

  it('lets an app of resource-level access have one site', async () => {
    emulators.confluence.settings.oneSitePerGrant = true
    await expect(authorize(authorizationUrl(emulators, GRANULAR), { account: BO })).rejects.toThrow(
      /one site/,
    )
  })

  it('says who the token is of, with the scope alone', async () => {
    const me = await ask(emulators, '/me', (await signIn(emulators)).access_token)
    expect(await me.json()).toMatchObject({ email: ANN, name: 'Ann Lee' })
    const without = await signIn(emulators, ANN, 'read:page:confluence')
    expect((await ask(emulators, '/me', without.access_token)).status).toBe(403)
  })
})
