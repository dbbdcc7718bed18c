// The emulator's sites and teams refuse what SharePoint and Teams refuse: options, scopes, people who are not let in, malformed batches.
import type { Client } from '@microsoft/microsoft-graph-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { createClient, MICROSOFT_365, ONEDRIVE, signIn } from './graph-client.ts'

interface Collection<T> {
  readonly value: T[]
}

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

describe('sites and teams', () => {
  const connect = async (account: string) =>
    createClient(emulators, (await signIn(emulators, MICROSOFT_365, account)).access_token)
  let client: Client
  beforeEach(async () => {
    client = await connect('ann@contoso.com')
  })
  const list = async <T>(path: string) => ((await client.api(path).get()) as Collection<T>).value

  it('refuses parameters where there are none', async () => {
    const { microsoft } = emulators
    const team = `/teams/${microsoft.teamId('Harbour crew')}`
    const general = encodeURIComponent(microsoft.channelId('Harbour crew', 'General'))
    for (const path of [
      '/me/joinedTeams?$top=5',
      '/me/joinedTeams?$select=id',
      `${team}/channels?$top=5`,
      `${team}/channels/${general}/filesFolder?$select=id`,
      '/sites?search=harbour&$orderby=name',
      '/sites?search=harbour&$filter=name',
      '/sites?search=harbour&$select=nothing',
    ]) {
      await expect(client.api(path).get(), path).rejects.toMatchObject({ statusCode: 400 })
    }
  })

  it('hides the kind of shared channels from whoever does not ask for it', async () => {
    const { microsoft } = emulators
    const kinds = async (path: string) =>
      (await list<{ membershipType: string }>(path)).map((one) => one.membershipType)
    const crew = `/teams/${microsoft.teamId('Harbour crew')}`
    expect(await kinds(`${crew}/channels`)).toContain('unknownFutureValue')
    expect(await kinds(`${crew}/channels`)).not.toContain('shared')
    const racers = `/teams/${microsoft.teamId('Regatta 2026')}`
    expect(await kinds(`${racers}/channels`)).toEqual(['standard'])
    expect(await kinds(`${racers}/allChannels`)).toEqual(['standard', 'unknownFutureValue'])
  })

  it('keeps people out of what is not theirs, and reading out of writing', async () => {
    const { microsoft } = emulators
    const skippers = microsoft.channelFolderId('Harbour crew', 'Skippers')
    const { driveId: closed = '' } = microsoft.item(skippers) ?? {}
    const hidden = client.api(`/drives/${closed}/root/children`).get()
    await expect(hidden).rejects.toMatchObject({ statusCode: 404 })
    const rules = microsoft.libraryRootId('Harbour crew', 'Rules')
    const { driveId = '' } = microsoft.item(rules) ?? {}
    const folder = { name: 'x', folder: {} }
    const made = client.api(`/drives/${driveId}/items/${rules}/children`).post(folder)
    await expect(made).rejects.toMatchObject({ statusCode: 403, code: 'accessDenied' })
    const drive = (await client.api(`/drives/${driveId}`).get()) as { quota?: unknown }
    expect(drive.quota).toBeUndefined()
  })

  it('asks for the scope of each thing', async () => {
    const { access_token } = await signIn(emulators, ONEDRIVE, 'ann@contoso.com')
    client = createClient(emulators, access_token)
    const site = emulators.microsoft.siteId('Harbour crew')
    const team = `/teams/${emulators.microsoft.teamId('Harbour crew')}`
    const general = emulators.microsoft.channelId('Harbour crew', 'General')
    expect(await list(`/sites/${site}/drives`)).toHaveLength(3)
    for (const [path, code] of [
      ['/sites?search=*', 'accessDenied'],
      [`/sites/${site}`, 'accessDenied'],
      ['/me/followedSites', 'accessDenied'],
      ['/me/joinedTeams', 'Authorization_RequestDenied'],
      [`${team}/channels`, 'Authorization_RequestDenied'],
      [`${team}/channels/${general}/filesFolder`, 'accessDenied'],
    ] as const) {
      const refused = { statusCode: 403, code }
      await expect(client.api(path).get(), path).rejects.toMatchObject(refused)
    }
  })

  it('has a wording of its own for each way of having no OneDrive', async () => {
    client = await connect('nolicense@contoso.com')
    const { settings } = emulators.microsoft
    for (const [driveless, statusCode, message] of [
      ['notFound', 404, "User's mysite not found."],
      ['noUrl', 400, "Unable to retrieve user's mysite URL."],
      ['noLicense', 400, 'Tenant does not have a SPO license.'],
      ['denied', 403, 'Access denied'],
      ['frozen', 423, expect.any(String)],
    ] as const) {
      settings.driveless = driveless
      const drive = client.api('/me/drive').get()
      await expect(drive).rejects.toMatchObject({ statusCode, message })
    }
    settings.noSharePoint = true
    await expect(list('/sites?search=*')).rejects.toMatchObject({ statusCode: 400 })
    expect(await list('/me/joinedTeams')).toHaveLength(1)
  })

  it('refuses a batch that is malformed, and throttles its requests one by one', async () => {
    const request = { method: 'GET', url: '/me' }
    const many = Array.from({ length: 21 }, (_, id) => ({ id: String(id), ...request }))
    const same = [
      { id: '1', ...request },
      { id: '1', ...request },
    ]
    const absolute = [{ id: '1', method: 'GET', url: 'https://graph.microsoft.com/v1.0/me' }]
    for (const requests of [many, same, absolute]) {
      const sent = client.api('/$batch').post({ requests })
      await expect(sent).rejects.toMatchObject({ statusCode: 400 })
    }
    emulators.microsoft.settings.batchThrottles = 1
    const { responses } = (await client.api('/$batch').post({ requests: many.slice(0, 2) })) as {
      responses: { status: number; headers: Record<string, string> }[]
    }
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 429])
    expect(responses.find(({ status }) => status === 429)?.headers['Retry-After']).toBe('1')
  })

  it('may want a new sign-in at any time', async () => {
    emulators.microsoft.settings.claimsChallenge = true
    await expect(client.api('/me').get()).rejects.toMatchObject({ statusCode: 401 })
  })
})
