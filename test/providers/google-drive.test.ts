// Google Drive: the conformance suite, and what is Google's alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect, initiate } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import type { Item, Listing } from '../conformance/scene.ts'
import { driveOf } from '../drive.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { startSlipway, type Slipway } from '../harness.ts'

testConformance({
  name: 'google_drive',
  fragment: 256 * 1024,
  searches: true,
  open: async () => {
    const app = await startSlipway()
    const { google } = app.emulators
    const { id } = await connect(app, 'mia', 'google_drive')
    return {
      app,
      call: app.as('mia'),
      connection: id,
      leftovers: () => Promise.resolve(google.sessions()),
      vendorHash: async (item) => (google.file(item.id) ? google.sha256(item.id) : undefined),
      close: app.close,
    }
  },
})

describe('Google Drive', () => {
  let app: Slipway
  let id: string
  beforeAll(async () => {
    app = await startSlipway()
    ;({ id } = await connect(app, 'ann', 'google_drive'))
  })
  afterAll(() => app.close())

  const { call, list, find } = driveOf('ann', () => ({ app, id }))

  it('shows shared drives and what others share as folders of the root', async () => {
    const drives = await find('Shared drives')
    expect(drives).toMatchObject({ is_folder: true, is_fixed: true })
    const marketing = await find('Marketing', drives.id)
    const inside = await list(marketing.id)
    expect(inside.items.map(({ name }) => name)).toEqual(['campaign.txt'])
    expect(inside.folder).toMatchObject({ name: 'Marketing' })
    expect(inside.folder.path.map(({ name }) => name)).toEqual(['My Drive', 'Shared drives'])
    const shared = await find('Shared with me')
    const fromBob = await find('From Bob', shared.id)
    const bobs = await list(fromBob.id)
    expect(bobs.items.map(({ name }) => name)).toEqual(['greetings.txt'])
    expect(bobs.folder.path.map(({ name }) => name)).toEqual(['My Drive', 'Shared with me'])
    const content = await call(`/items/${bobs.items[0]?.id}/content`)
    expect(await content.text()).toBe('Hello Ann\n')
  })

  it('follows shortcuts under their own id and name', async () => {
    const link = await find('Link to report')
    const stat = (await (await call(`/items/${link.id}`)).json()) as Item
    expect(stat).toMatchObject({ id: link.id, name: 'Link to report', size: 250_000 })
    const content = await call(`/items/${link.id}/content`)
    expect((await content.arrayBuffer()).byteLength).toBe(250_000)
    const plans = await find('Link to plans')
    expect(plans.is_folder).toBe(true)
    expect((await list(plans.id)).items.map(({ name }) => name)).toEqual(['roadmap.txt'])
    const dangling = await find('Dangling link')
    const gone = await call(`/items/${dangling.id}/content`)
    expect(await gone.json()).toMatchObject({ status: 404, code: 'item_not_found' })
    expect((await call(`/items/${dangling.id}`)).status).toBe(200)
  })

  it.each([
    ['Minutes', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', '.docx'],
    ['Budget', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', '.xlsx'],
    ['Pitch', 'application/vnd.openxmlformats-officedocument.presentationml.presentation', '.pptx'],
    ['Sketch', 'image/png', '.png'],
  ])('exports %s', async (name, type, ending) => {
    const item = await find(name)
    expect(item.size).toBeNull()
    expect(item.exportable_as?.[0]).toBe(type)
    const standard = await call(`/items/${item.id}/content`)
    expect(standard.headers.get('content-type')).toBe(type)
    expect(standard.headers.get('content-disposition')).toContain(`${name}${ending}`)
    const bytes = await standard.text()
    if (ending === '.png') expect(bytes.slice(1, 4)).toBe('PNG')
    else expect([bytes.slice(0, 2), bytes]).toEqual(['PK', expect.stringContaining(`as ${type}`)])
    const pdf = await call(`/items/${item.id}/content?format=application/pdf`)
    expect(await pdf.text()).toContain(`(${name} as application/pdf) Tj`)
    const wrong = await call(`/items/${item.id}/content?format=video/mp4`)
    expect(await wrong.json()).toMatchObject({ status: 422, errors: [{ field: 'query.format' }] })
    const range = await call(`/items/${item.id}/content`, { headers: { range: 'bytes=0-3' } })
    expect(range.status).toBe(200)
    await range.text()
  })

  it('exports past 10 MB by the document’s links', async () => {
    app.emulators.google.settings.exportSize = 12 * 1024 * 1024
    const item = await find('Minutes')
    const response = await call(`/items/${item.id}/content?format=application/pdf`)
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBe(12 * 1024 * 1024)
    app.emulators.google.settings.exportSize = undefined
  })

  it('says that a form has no content', async () => {
    const item = await find('Survey')
    const response = await call(`/items/${item.id}/content`)
    expect(await response.json()).toMatchObject({ status: 501, code: 'not_supported' })
  })

  it('takes media from another host, without credentials', async () => {
    app.emulators.google.settings.redirectMedia = true
    const item = await find('report.pdf')
    const response = await call(`/items/${item.id}/content`, { headers: { range: 'bytes=10-19' } })
    expect(response.status).toBe(206)
    expect((await response.arrayBuffer()).byteLength).toBe(10)
    app.emulators.google.settings.redirectMedia = false
  })

  it('names the scope that is missing to change what it did not make', async () => {
    const report = await find('report.pdf')
    const projects = await find('Projects')
    const json = { 'content-type': 'application/json' }
    for (const response of [
      await call(`/items/${report.id}`, {
        method: 'PATCH',
        headers: json,
        body: '{"name":"x.pdf"}',
      }),
      await call(`/items/${report.id}`, { method: 'DELETE' }),
      await call(`/content?name=a.txt&parent_id=${projects.id}`, { method: 'PUT', body: 'x' }),
      await call('/folders', {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ parent_id: projects.id, name: 'x' }),
      }),
    ]) {
      expect(await response.json()).toMatchObject({
        status: 403,
        code: 'insufficient_scope',
        scope: 'https://www.googleapis.com/auth/drive',
      })
    }
    expect(app.emulators.google.sessions()).toEqual([])
    const check = (await (await call('/check', { method: 'POST' })).json()) as {
      limitations: { scope: string }[]
    }
    expect(check.limitations[0]?.scope).toBe('https://www.googleapis.com/auth/drive')
    // The wider scope is added to the same connection.
    const again = await connect(app, 'ann', 'google_drive', {
      query: { connection_id: id, scopes: 'https://www.googleapis.com/auth/drive' },
    })
    expect(again.id).toBe(id)
    const now = await call(`/content?name=a.txt&parent_id=${projects.id}`, {
      method: 'PUT',
      body: 'x',
    })
    expect(now.status).toBe(201)
  })

  it('passes over pages that are empty', async () => {
    app.emulators.google.settings.emptyPages = true
    const folder = app.emulators.google.addFolder('ann@example.com', 'root', 'sparse')
    app.emulators.google.addMany('ann@example.com', folder, 5)
    const seen: string[] = []
    let cursor: string | null = null
    for (let pages = 0; pages < 10; pages++) {
      const page: Listing = await list(folder, `&limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.next_cursor
      if (cursor === null) break
    }
    expect(seen).toHaveLength(5)
    app.emulators.google.settings.emptyPages = false
  })

  it('needs a box that is ticked to be of use', async () => {
    const started = await initiate(app.as('unticked'), 'google_drive')
    const back = await authorize(started.authorizationUrl, { scopes: ['openid', 'email'] })
    const answer = await callback(back, started.cookie)
    expect(answer.headers.get('location')).toContain('cloud_error=insufficient_scope')
  })
})
