// The emulated sign-in of Microsoft refuses as Entra does: a person's no, an administrator's policy, a dead grant, an app set up wrong.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import {
  askToken,
  clientOf,
  consent,
  entraOf,
  exchangeOf,
  MICROSOFT_365,
  ONEDRIVE,
  signIn,
} from './graph-client.ts'

const ANN = 'ann@contoso.com'
const PAT = 'pat@outlook.com'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const refresh = (refresh_token = '', app = MICROSOFT_365, scope = app.scope) =>
  askToken(emulators, app, { grant_type: 'refresh_token', refresh_token, scope })

describe('consent', () => {
  it('tells a person’s no from an administrator’s', async () => {
    const denied = await consent(emulators, MICROSOFT_365, { account: ANN, deny: true })
    expect(denied.get('error')).toBe('access_denied')
    expect(denied.get('error_subcode')).toBe('cancel')
    expect(denied.get('error_description')).toContain('AADSTS65004')
    for (const [code, error] of [
      [90094, 'access_denied'],
      [90095, 'access_denied'],
      [65001, 'consent_required'],
    ] as const) {
      emulators.microsoft.settings.adminConsent = code
      const back = await consent(emulators, MICROSOFT_365, { account: ANN })
      expect(back.get('error')).toBe(error)
      expect(back.get('error_subcode')).toBeNull()
      expect(back.get('error_description')).toContain(`AADSTS${code}`)
      expect(back.get('state')).not.toBeNull()
    }
    const own = await consent(emulators, ONEDRIVE, { account: ANN })
    expect(own.get('code')).not.toBeNull()
    const personal = await consent(emulators, MICROSOFT_365, { account: PAT })
    expect(personal.get('code')).not.toBeNull()
  })

  it('lets everybody in once an administrator has consented, but not at common', async () => {
    emulators.microsoft.settings.adminConsent = 90094
    const { id, callback } = clientOf(emulators, MICROSOFT_365)
    const query = new URLSearchParams({
      client_id: id,
      redirect_uri: callback,
      scope: 'https://graph.microsoft.com/Files.ReadWrite.All',
      state: 's',
    })
    const ask = (tenant: string) =>
      fetch(`${entraOf(emulators, tenant).replace('oauth2/v2.0', 'v2.0/adminconsent')}?${query}`, {
        redirect: 'manual',
      })
    expect((await ask('common')).status).toBe(400)
    const back = new URL((await ask('organizations')).headers.get('location') ?? '')
    expect(back.searchParams.get('admin_consent')).toBe('True')
    const after = await consent(emulators, MICROSOFT_365, { account: ANN })
    expect(after.get('code')).not.toBeNull()
  })

  it('keeps a person on its own page where conditional access is in the way', async () => {
    emulators.microsoft.settings.conditionalAccess = true
    const back = consent(emulators, MICROSOFT_365, { account: ANN })
    await expect(back).rejects.toThrow('AADSTS53003')
  })

  it('does not give a personal account what is for work', async () => {
    const work = await signIn(emulators, MICROSOFT_365, ANN)
    expect(work.scope).toContain('https://graph.microsoft.com/Sites.Read.All')
    const personal = await signIn(emulators, MICROSOFT_365, PAT)
    expect(personal.scope).toContain('https://graph.microsoft.com/Files.ReadWrite.All')
    expect(personal.scope).not.toMatch(/Sites|Team|Channel/)
    expect((await refresh(personal.refresh_token)).status).toBe(200)
  })
})

describe('tokens', () => {
  it('belong to the app that asked, and a code is for one use', async () => {
    const back = await consent(emulators, MICROSOFT_365, { account: ANN })
    const fields = exchangeOf(emulators, MICROSOFT_365, back)
    const other = await askToken(emulators, ONEDRIVE, fields)
    expect(await other.json()).toMatchObject({ error: 'invalid_grant', error_codes: [70000] })
    const first = await askToken(emulators, MICROSOFT_365, { ...fields, scope: 'User.Read' })
    expect(first.status).toBe(200)
    const again = await askToken(emulators, MICROSOFT_365, fields)
    expect(await again.json()).toMatchObject({ error: 'invalid_grant', error_codes: [54005] })
    const { refresh_token } = await signIn(emulators, MICROSOFT_365, ANN)
    const stolen = await refresh(refresh_token, ONEDRIVE)
    expect(await stolen.json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('rotate, and the old one goes on working', async () => {
    const { refresh_token } = await signIn(emulators, MICROSOFT_365, ANN)
    const next = (await (await refresh(refresh_token)).json()) as { refresh_token: string }
    expect(next.refresh_token).not.toBe(refresh_token)
    expect((await refresh(refresh_token)).status).toBe(200)
    const bare = await refresh(next.refresh_token, MICROSOFT_365, 'User.Read')
    expect(await bare.json()).not.toHaveProperty('refresh_token')
  })

  it('are not given for more than was consented to', async () => {
    const { refresh_token } = await signIn(emulators, ONEDRIVE, ANN)
    const more = await refresh(refresh_token, ONEDRIVE, 'Sites.Read.All offline_access')
    expect(await more.json()).toMatchObject({
      error: 'invalid_grant',
      error_codes: [65001],
      suberror: 'consent_required',
    })
  })

  it('end with a number that says why', async () => {
    const { settings, oauth } = emulators.microsoft
    const { refresh_token } = await signIn(emulators, MICROSOFT_365, ANN)
    settings.needsMfa = true
    const mfa = (await (await refresh(refresh_token)).json()) as object
    expect(mfa).toMatchObject({ error_codes: [50076], suberror: 'basic_action' })
    expect(mfa).toHaveProperty('claims')
    settings.needsMfa = false
    settings.conditionalAccess = true
    const blocked = await refresh(refresh_token)
    expect(await blocked.json()).toMatchObject({ error: 'invalid_grant', error_codes: [53003] })
    settings.conditionalAccess = false
    oauth.killGrant(ANN)
    for (const [deadGrant, suberror] of [
      [700082, 'token_expired'],
      [50173, 'bad_token'],
    ] as const) {
      settings.deadGrant = deadGrant
      const dead = await refresh(refresh_token)
      expect([dead.status, await dead.json()]).toMatchObject([
        400,
        { error: 'invalid_grant', error_codes: [deadGrant], suberror },
      ])
    }
  })

  it('are refused for an app that is set up wrong', async () => {
    const { refresh_token } = await signIn(emulators, MICROSOFT_365, ANN)
    const ask = async (fields: Readonly<Record<string, string>>) => {
      const grant = { grant_type: 'refresh_token', refresh_token: refresh_token ?? '' }
      const answer = await askToken(emulators, MICROSOFT_365, { ...grant, ...fields })
      return [answer.status, await answer.json()]
    }
    expect(await ask({ client_secret: 'wrong' })).toMatchObject([
      401,
      { error: 'invalid_client', error_codes: [7000215] },
    ])
    expect(await ask({ client_id: 'nobody' })).toMatchObject([
      400,
      { error: 'unauthorized_client', error_codes: [700016] },
    ])
    emulators.microsoft.settings.secretExpired = true
    expect(await ask({})).toMatchObject([401, { error: 'invalid_client', error_codes: [7000222] }])
  })
})
