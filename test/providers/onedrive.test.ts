// OneDrive, for work and personal: the conformance suite, and what is Microsoft's alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import type { Listing } from '../conformance/scene.ts'
import { driveOf } from '../drive.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { startSlipway, type Slipway } from '../harness.ts'

const REFUSED = [
  'O\'Brien\'s "quoted" file.txt',
  'question? star* pipe| less< greater> colon: back\\slash.txt',
  'trailing dot.',
  ' leading space.txt',
  'trailing space ',
  'trailing dots...',
  '~$x',
]

for (const account of ['ann@contoso.com', 'pat@outlook.com']) {
  testConformance({
    name: `onedrive of ${account}`,
    fragment: 10 * 1024 * 1024,
    searches: true,
    refusedNames: REFUSED,
    open: async () => {
      const app = await startSlipway()
      const { microsoft } = app.emulators
      const { id } = await connect(app, 'mia', 'onedrive', { account })
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(microsoft.sessions()),
        vendorHash: async (item) =>
          microsoft.item(item.id) ? microsoft.sha256(item.id) : undefined,
        close: app.close,
      }
    },
  })
}

describe('OneDrive', () => {
  let app: Slipway
  let id: string
  beforeAll(async () => {
    app = await startSlipway()
    ;({ id } = await connect(app, 'ann', 'onedrive'))
  })
  afterAll(() => app.close())

  const { call, list, find } = driveOf('ann', () => ({ app, id }))

  it('sends fragments of exactly 10 MiB with their length, and no credentials', async () => {
    const size = 25 * 1024 * 1024 + 7
    app.emulators.requests.length = 0
    const put = await call('/content?name=big.bin', { method: 'PUT', body: new Uint8Array(size) })
    expect(put.status).toBe(201)
    const fragments = app.emulators.requests.filter(
      ({ method, host }) => method === 'PUT' && host === 'contoso-my.sharepoint.com',
    )
    expect(fragments.map(({ headers }) => headers['content-range'])).toEqual([
      `bytes 0-10485759/${size}`,
      `bytes 10485760-20971519/${size}`,
      `bytes 20971520-${size - 1}/${size}`,
    ])
    for (const { headers } of fragments) {
      expect(headers['authorization']).toBeUndefined()
      expect(headers['transfer-encoding']).toBeUndefined()
    }
    expect(fragments.map(({ headers }) => headers['content-length'])).toEqual([
      '10485760',
      '10485760',
      String(size - 20_971_520),
    ])
  })

  it('names the scope that other drives need', async () => {
    const { settings } = app.emulators.microsoft
    settings.ownDriveOnly = true
    const wendy = await connect(app, 'wendy', 'onedrive')
    const base = (connection: string) => `/api/cloud/connections/${connection}/items`
    const root = await (await app.as('wendy')(base(wendy.id))).json()
    const link = (root as Listing).items.find(({ name }) => name === 'Team files')
    const open = () => app.as('wendy')(`${base(wendy.id)}?fresh=1&folder_id=${link?.id}`)
    expect(await (await open()).json()).toMatchObject({
      code: 'insufficient_scope',
      scope: 'Files.ReadWrite.All',
    })
    const query = { connection_id: wendy.id, scopes: 'Files.ReadWrite.All' }
    expect((await connect(app, 'wendy', 'onedrive', { query })).id).toBe(wendy.id)
    expect((await open()).status).toBe(200)
    settings.ownDriveOnly = false
  })

  it('opens a shortcut into another drive, and removes only the link', async () => {
    const link = await find('Team files')
    expect(link.is_folder).toBe(true)
    const inside = await list(link.id)
    expect(inside.items.map(({ name }) => name)).toEqual(['agenda.txt'])
    const agenda = inside.items[0]?.id ?? ''
    expect(await (await call(`/items/${agenda}/content`)).text()).toBe('1. Sails\n')
    expect(await (await call(`/items/${agenda}`)).json()).toMatchObject({ name: 'agenda.txt' })
    const moved = await call(`/items/${agenda}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ parent_id: 'root' }),
    })
    expect(await moved.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'parent_id' }],
    })
    expect((await call(`/items/${link.id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await call(`/items/${agenda}/content`)).status).toBe(200)
  })

  it('says that a notebook has no content', async () => {
    const notebook = await find('Notebook')
    expect(await (await call(`/items/${notebook.id}/content`)).json()).toMatchObject({
      code: 'not_supported',
    })
  })

  it('detects a server that ignores the range, and replaces a download URL that has ended', async () => {
    const { settings } = app.emulators.microsoft
    const item = await find('harbour.jpg')
    settings.ignoreRange = true
    const whole = await call(`/items/${item.id}/content`, { headers: { range: 'bytes=0-9' } })
    expect([whole.status, (await whole.arrayBuffer()).byteLength]).toEqual([200, 1_500_000])
    settings.ignoreRange = false
    settings.expiredDownloads = 1
    const again = await call(`/items/${item.id}/content`, { headers: { range: 'bytes=0-9' } })
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([206, 10])
  })

  it('shows a row once, even where the vendor repeats it', async () => {
    const folder = app.emulators.microsoft.addFolder('ann@contoso.com', 'root', 'many')
    app.emulators.microsoft.addMany('ann@contoso.com', folder, 25)
    app.emulators.microsoft.settings.maxPage = 10
    const seen = new Set<string>()
    let cursor: string | null = null
    for (let pages = 0; pages < 10; pages++) {
      const page: Listing = await list(folder, cursor ? `&cursor=${cursor}` : '')
      for (const { id: item } of page.items) seen.add(item)
      cursor = page.next_cursor
      if (cursor === null) break
    }
    expect(seen.size).toBe(25)
  })

  it('keeps the token from a next-page link that leads elsewhere', async () => {
    const link = 'https://evil.example/v1.0/drives/x/root/children'
    const body = JSON.stringify({ value: [], '@odata.nextLink': link })
    app.emulators.trouble.add({
      match: { host: 'graph.microsoft.com', path: /\/children$/ },
      fault: { kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body },
    })
    const page = await list('root')
    const next = await call(`/items?fresh=1&cursor=${page.next_cursor}`)
    expect(await next.json()).toMatchObject({ code: 'provider_unavailable' })
  })

  it('shows no link that does not lead to the web', async () => {
    const links = ['javascript:alert(1)', 'data:text/html,x', 'https://contoso.example/a']
    const value = links.map((webUrl, at) => ({
      ...{ id: `ITEM${at}`, name: `${at}.txt`, size: 1, file: { mimeType: 'text/plain' } },
      ...{ parentReference: { driveId: 'd', id: 'p' }, webUrl },
    }))
    app.emulators.trouble.add({
      match: { host: 'graph.microsoft.com', path: /\/children$/ },
      fault: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ value }),
      },
    })
    const { items } = (await list('root')) as { items: readonly { readonly web_url?: string }[] }
    expect(items.map(({ web_url: url }) => url)).toEqual([undefined, undefined, links[2]])
  })

  it('says what an account without a OneDrive lacks', async () => {
    const started = await initiate(app.as('nils'), 'onedrive')
    const back = await authorize(started.authorizationUrl, { account: 'nolicense@contoso.com' })
    const answer = await callback(back, started.cookie)
    expect(answer.headers.get('location')).toContain('cloud_error=not_supported')
  })

  it('tells an administrator’s policy from a user who declines', async () => {
    const { oauth } = app.emulators.microsoft
    oauth.settings.denyWith = 'consent_required'
    const started = await initiate(app.as('adam'), 'onedrive')
    const back = await authorize(started.authorizationUrl, {})
    const answer = await callback(back, started.cookie)
    expect(answer.headers.get('location')).toContain('cloud_error=admin_consent_required')
    oauth.settings.denyWith = undefined
  })
})
