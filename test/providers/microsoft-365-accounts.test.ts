// Microsoft 365's accounts: what they lack, who has to consent, what was granted, and what ends a grant or does not.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { defaultMicrosoftSettings, type MicrosoftSettings } from '../emulators/graph-settings.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'

interface Failure {
  readonly status: number
  readonly code: string
  readonly detail: string
}

let app: Slipway
/** Its operator asks for the user's own files alone. */
let modest: Slipway
beforeAll(async () => {
  app = await startSlipway()
  modest = await startSlipway({
    settings: { MICROSOFT_365_SCOPES: 'Files.ReadWrite User.Read offline_access' },
  })
})
afterAll(async () => {
  await app.close()
  await modest.close()
})
afterEach(() => {
  for (const { emulators } of [app, modest]) {
    Object.assign(emulators.microsoft.settings, defaultMicrosoftSettings())
    emulators.trouble.clear()
  }
})

let lastUser = 0
const open = async (account = 'ann@contoso.com', place = app) => {
  const user = `user-${++lastUser}`
  const { id } = await connect(place, user, 'microsoft_365', { account })
  return { user, id, ...driveOf(user, () => ({ app: place, id })) }
}
const failure = async (response: Response) => (await response.json()) as Failure
const statusOf = async (id: string) =>
  (await rows<{ status: string }>(app, 'SELECT status FROM connections WHERE id = ?', id))[0]
    ?.status
/** Tries to connect; returns where the browser ends, and the attempt. */
const tryConnect = async (
  mode: 'redirect' | 'popup',
  options: { readonly account?: string; readonly deny?: boolean } = {},
) => {
  const client = app.as('trier')
  const started = await initiate(client, 'microsoft_365', { mode })
  const answer = await callback(await authorize(started.authorizationUrl, options), started.cookie)
  const page = await answer.text()
  const attempt = await client(`/api/cloud/oauth/attempts/${started.attemptId}`)
  return { location: answer.headers.get('location'), page, attempt: await failure(attempt) }
}

describe('an account without a OneDrive', () => {
  it.each(['notFound', 'noUrl', 'denied', 'frozen'] as const)(
    'has its sites and teams, when Graph says %s',
    async (driveless) => {
      app.emulators.microsoft.settings.driveless = driveless
      const { list, listAll, walk, text, call } = await open('nolicense@contoso.com')
      const top = (await list('root')).items.map(({ name }) => name)
      expect(top).toEqual(['SharePoint', 'Teams'])
      const sites = (await listAll('sites')).map(({ name }) => name)
      expect(sites).toEqual([
        'Contoso',
        'Harbour crew',
        'Dry dock',
        'Regatta 2026',
        'Notice board',
        'Board',
      ])
      const welcome = await walk('Teams', 'Regatta 2026', 'General', 'welcome.txt')
      expect(await text(welcome)).toBe('Welcome to Regatta 2026\n')
      const put = await call('/content?name=a.txt', { method: 'PUT', body: 'x' })
      expect(await failure(put)).toMatchObject({
        code: 'not_supported',
        detail: expect.stringContaining('no OneDrive') as string,
      })
      const board = await walk('SharePoint', 'Board', 'Documents')
      const stored = await call(`/content?name=a.txt&parent_id=${board.id}`, {
        method: 'PUT',
        body: 'x',
      })
      expect(stored.status).toBe(201)
      expect(await failure(await call('/check', { method: 'POST' }))).toMatchObject({
        status: 'ACTIVE',
        quota: null,
      })
      await call(`/items/${((await stored.json()) as { id: string }).id}`, { method: 'DELETE' })
    },
  )

  it.each([{ noSharePoint: true }, { driveless: 'noLicense' }] as const)(
    'is not connected where its organisation has no SharePoint: %o',
    async (settings) => {
      Object.assign(app.emulators.microsoft.settings, settings satisfies Partial<MicrosoftSettings>)
      for (const mode of ['redirect', 'popup'] as const) {
        const { attempt } = await tryConnect(mode, { account: 'nolicense@contoso.com' })
        expect(attempt).toMatchObject({
          status: 'failed',
          code: 'not_supported',
          detail:
            'The organisation has no licence for SharePoint, and so no OneDrive: its administrator has to buy one.',
        })
      }
    },
  )

  it('has nothing at all if it is a personal one', async () => {
    const body = '{"error":{"code":"notAllowed","message":"The account is frozen."}}'
    app.emulators.trouble.add({
      match: { host: 'graph.microsoft.com', path: /\/me\/drive$/ },
      fault: { kind: 'status', status: 423, headers: { 'content-type': 'application/json' }, body },
    })
    const { attempt } = await tryConnect('redirect', { account: 'pat@outlook.com' })
    expect(attempt).toMatchObject({
      code: 'not_supported',
      detail: expect.stringContaining('frozen: open it in a browser') as string,
    })
  })
})

describe('consent', () => {
  it.each([90094, 90095, 65001] as const)(
    'is an administrator’s to give: AADSTS%i is not a denial',
    async (number) => {
      app.emulators.microsoft.settings.adminConsent = number
      const redirected = await tryConnect('redirect')
      expect(redirected.location).toContain('cloud_error=admin_consent_required')
      const popup = await tryConnect('popup')
      expect(popup.page).toContain('"type":"oauth_error"')
      expect(popup.page).toContain('"error":"admin_consent_required"')
      for (const { attempt } of [redirected, popup]) {
        expect(attempt).toMatchObject({
          status: 'failed',
          code: 'admin_consent_required',
          detail: expect.stringContaining('administrator') as string,
        })
      }
      // A personal account has no administrator; and once one has consented, work accounts connect.
      expect((await tryConnect('redirect', { account: 'pat@outlook.com' })).attempt.status).toBe(
        'completed',
      )
      app.emulators.microsoft.settings.adminConsent = undefined
      expect((await tryConnect('popup')).attempt.status).toBe('completed')
    },
  )

  it('is a user’s to decline', async () => {
    const redirected = await tryConnect('redirect', { deny: true })
    expect(redirected.location).toContain('cloud_error=access_denied')
    const popup = await tryConnect('popup', { deny: true })
    expect(popup.page).toContain('"error":"access_denied"')
    for (const { attempt } of [redirected, popup]) {
      expect(attempt).toMatchObject({ status: 'failed', code: 'access_denied' })
    }
  })
})

describe('scopes that were not granted', () => {
  interface Limitation {
    readonly scope: string
    readonly message: string
    readonly initiate_url: string
  }
  const SCOPES = [
    'Channel.ReadBasic.All',
    'Files.ReadWrite.All',
    'Sites.Read.All',
    'Team.ReadBasic.All',
  ]

  it('are named by what needs them, and added one by one to the same connection', async () => {
    modest.emulators.microsoft.settings.ownDriveOnly = true
    const { microsoft } = modest.emulators
    const { user, id, call, list, walk } = await open('ann@contoso.com', modest)
    const refusal = async (folder: string) => {
      const { status, code, ...more } = await failure(
        await call(`/items?fresh=1&folder_id=${folder}`),
      )
      return [status, code, (more as unknown as Limitation).scope]
    }
    const limitations = async () => {
      const check = (await (await call('/check', { method: 'POST' })).json()) as {
        limitations: Limitation[]
      }
      return check.limitations
    }
    const add = async (scope: string) => {
      const one = (await limitations()).find((limitation) => limitation.scope === scope)
      expect(one?.message).toMatch(/\w\.$/)
      const started = await modest.as(user)(one?.initiate_url ?? '', {
        headers: { accept: 'application/json' },
      })
      const { authorization_url } = (await started.json()) as { authorization_url: string }
      const cookie = started.headers.get('set-cookie')?.split(';')[0]
      const done = await callback(await authorize(authorization_url), cookie)
      expect(done.headers.get('location')).toContain('cloud_connected=microsoft_365')
    }
    expect((await limitations()).map(({ scope }) => scope).sort()).toEqual(SCOPES)
    // Its own files are there without any of them.
    const documents = await walk('OneDrive', 'Documents')
    const put = await call(`/content?name=own.txt&parent_id=${documents.id}`, {
      method: 'PUT',
      body: 'x',
    })
    expect(put.status).toBe(201)

    expect(await refusal('sites')).toEqual([403, 'insufficient_scope', 'Sites.Read.All'])
    await add('Sites.Read.All')
    const library = await walk('SharePoint', 'Harbour crew', 'Rules')
    expect(await refusal(library.id)).toEqual([403, 'insufficient_scope', 'Files.ReadWrite.All'])

    expect(await refusal('teams')).toEqual([403, 'insufficient_scope', 'Team.ReadBasic.All'])
    await add('Team.ReadBasic.All')
    const team = await walk('Teams', 'Harbour crew')
    expect(await refusal(team.id)).toEqual([403, 'insufficient_scope', 'Channel.ReadBasic.All'])
    await add('Channel.ReadBasic.All')
    const general = await walk('Teams', 'Harbour crew', 'General')
    expect(await refusal(general.id)).toEqual([403, 'insufficient_scope', 'Files.ReadWrite.All'])
    await add('Files.ReadWrite.All')

    expect((await list(library.id)).items.map(({ name }) => name)).toEqual(['speed.txt'])
    expect((await list(general.id)).items.map(({ name }) => name)).toEqual(['welcome.txt'])
    expect(await limitations()).toEqual([])
    const mine = await modest.as(user)('/api/cloud/connections')
    const { connections } = (await mine.json()) as {
      connections: { id: string; scopes: string[] }[]
    }
    expect(connections.map((connection) => connection.id)).toEqual([id])
    expect(connections[0]?.scopes).toEqual(expect.arrayContaining(SCOPES))
    expect(microsoft.sessions()).toEqual([])
  })
})

describe('a grant', () => {
  it('outlives a client secret that has expired', async () => {
    const { id, call } = await open()
    const { microsoft } = app.emulators
    microsoft.oauth.expireAccessTokens()
    microsoft.settings.secretExpired = true
    expect(await failure(await call('/items?fresh=1&folder_id=teams'))).toMatchObject({
      status: 502,
      code: 'provider_misconfigured',
    })
    expect(await statusOf(id)).toBe('ERROR')
    microsoft.settings.secretExpired = false
    expect((await call('/items?fresh=1&folder_id=teams')).status).toBe(200)
    await expect.poll(() => statusOf(id)).toBe('ACTIVE')
  })

  it.each([
    ['a second factor', { needsMfa: true }, false],
    ['conditional access', { conditionalAccess: true }, false],
    ['a claims challenge', { claimsChallenge: true }, false],
    ['90 days of idleness', { deadGrant: 700082 }, true],
    ['a new password', { deadGrant: 50173 }, true],
  ] as const)('ends with %s', async (_, settings, killed) => {
    const { id, user, call } = await open()
    const { microsoft } = app.emulators
    microsoft.oauth.expireAccessTokens()
    if (killed) microsoft.oauth.killGrant('ann@contoso.com')
    Object.assign(microsoft.settings, settings)
    const list = () => call('/items?fresh=1&folder_id=teams')
    expect(await failure(await list())).toMatchObject({ status: 503, code: 'reauth_required' })
    expect(await statusOf(id)).toBe('REQUIRES_REAUTH')
    const asked = app.emulators.requests.length
    expect((await list()).status).toBe(503)
    expect(app.emulators.requests).toHaveLength(asked)
    Object.assign(microsoft.settings, defaultMicrosoftSettings())
    const query = { connection_id: id }
    expect((await connect(app, user, 'microsoft_365', { query })).id).toBe(id)
    expect((await list()).status).toBe(200)
  })
})
