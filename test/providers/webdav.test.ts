// WebDAV: the conformance suite against the emulator, and the oddities of real servers.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectWebdav } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import type { Item } from '../conformance/scene.ts'
import { ODDITIES } from '../dav-oddities.ts'
import { startSlipway, type Slipway } from '../harness.ts'
import { sha256 } from '../sha256.ts'

testConformance({
  name: 'webdav',
  fragment: 1024 * 1024,
  searches: false,
  open: async () => {
    const app = await startSlipway()
    const { dav } = app.emulators
    const { id } = await connectWebdav(app, 'mia')
    return {
      app,
      call: app.as('mia'),
      connection: id,
      leftovers: () => Promise.resolve(findParts(dav, '/')),
      vendorHash: (_, path) => {
        const place = `/${path.join('/')}`
        return Promise.resolve(dav.exists('mia', place) ? dav.sha256('mia', place) : undefined)
      },
      close: app.close,
    }
  },
})

type Dav = Awaited<ReturnType<typeof startSlipway>>['emulators']['dav']

function findParts(dav: Dav, folder: string): string[] {
  return dav.list('mia', folder).flatMap(({ name, kind }) => {
    if (kind === 'folder') return findParts(dav, `${folder}${name}/`)
    return name.endsWith('.part') ? [name] : []
  })
}

describe('connecting', () => {
  let app: Slipway
  beforeAll(async () => {
    app = await startSlipway()
  })
  afterAll(() => app.close())
  beforeEach(() => app.emulators.reset())

  const connectWith = async (fields: Record<string, unknown>, user = 'una') => {
    const response = await app.as(user)('/api/cloud/connections/webdav', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        provider: 'webdav',
        server_url: `${app.emulators.url}/dav-server/`,
        username: 'mia',
        password: 'secret',
        ...fields,
      }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('webdav_connect_validates: only a server that lets this user in makes a connection', async () => {
    const refused = async (fields: Record<string, unknown>, code: string, field?: string) => {
      const { body } = await connectWith(fields, 'val')
      expect(body['code'], JSON.stringify(fields)).toBe(code)
      if (field) expect(body['errors']).toMatchObject([{ field }])
    }
    await refused({ password: 'wrong' }, 'server_check_failed')
    await refused({ server_url: `${app.emulators.url}/nothing-here/` }, 'server_check_failed')
    await refused({ server_url: 'http://127.0.0.1:19999/' }, 'server_check_failed')
    await refused({ server_url: '' }, 'invalid_request', 'body.server_url')
    await refused({ username: 'a:b' }, 'invalid_request', 'body.username')
    await refused({ username: '' }, 'invalid_request', 'body.username')
    await refused({ password: '' }, 'invalid_request', 'body.password')
    await refused({ provider: 'google_drive' }, 'invalid_request', 'body.provider')
    await refused({ color: 'red' }, 'invalid_request', 'body.color')
    for (const answer of [
      'login-page',
      'empty-multistatus',
      'doctype',
      'entity-bomb',
      'not-xml',
      'cut',
    ] as const) {
      app.emulators.dav.settings.answer = answer
      await refused({}, 'server_check_failed')
    }
    app.emulators.dav.settings.answer = 'multistatus'
    const rows = await app.as('val')('/api/cloud/connections')
    expect(await rows.json()).toMatchObject({ connections: [] })
    const { status, body } = await connectWith({ label: 'At home' }, 'val')
    expect(status).toBe(201)
    expect(body).toMatchObject({ status: 'ACTIVE', label: 'At home', provider: 'webdav' })
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it('asks a server that refuses the password once, not again and again', async () => {
    const { dav } = app.emulators
    await connectWith({ password: 'wrong' })
    expect(dav.logins.wrong).toBe(1)
  })

  it('takes passwords beyond ASCII, with a colon', async () => {
    expect(await connectWith({ username: 'noel', password: 'pässwörd:1' })).toMatchObject({
      status: 201,
    })
  })

  it('says that NTLM is not spoken', async () => {
    app.emulators.dav.settings.auth = 'ntlm'
    const { body } = await connectWith({})
    expect(body).toMatchObject({ code: 'server_check_failed' })
    expect(body['detail']).toContain('way of signing in')
  })

  it.each(ODDITIES)('works with a server that has %s', async (_, settings) => {
    Object.assign(app.emulators.dav.settings, settings)
    const { status, body } = await connectWith({}, `odd-${randomBytes(4).toString('hex')}`)
    expect(`${status} ${JSON.stringify(body)}`).toMatch(/^201/)
  })

  it.each(ODDITIES)('lists, uploads and downloads there: %s', async (_, settings) => {
    const { dav } = app.emulators
    Object.assign(dav.settings, settings)
    const user = `odd-${randomBytes(4).toString('hex')}`
    const { body } = await connectWith({}, user)
    const call = app.as(user)
    const base = `/api/cloud/connections/${String(body['id'])}`
    const list = async (folder: string) =>
      (
        (await (await call(`${base}/items?fresh=1&folder_id=${folder}`)).json()) as {
          items: Item[]
        }
      ).items
    const root = await list('root')
    expect(root.map(({ name }) => name).sort()).toEqual([
      'Documents',
      'Photos',
      'Research',
      'welcome.txt',
    ])
    const documents = root.find(({ name }) => name === 'Documents')
    expect(documents?.is_folder).toBe(true)
    const inside = await list(documents?.id ?? '')
    expect(inside.map(({ name }) => name).sort()).toEqual([
      '100% "sure" #1 & 2?.txt',
      'Grüße 🚢 + tea; (1).txt',
      'notes.txt',
      'report.pdf',
    ])
    for (const item of inside) {
      const content = await call(`${base}/items/${item.id}/content`)
      expect(content.status, item.name).toBe(200)
      const bytes = new Uint8Array(await content.arrayBuffer())
      expect(sha256(bytes)).toBe(await dav.sha256('mia', `/Documents/${item.name}`))
    }
    const query = new URLSearchParams({ parent_id: documents?.id ?? '', name: 'new ü #.txt' })
    const put = await call(`${base}/content?${query}`, { method: 'PUT', body: 'fresh' })
    expect(`${put.status} ${await put.text()}`).toMatch(/^201/)
    expect((await dav.content('mia', '/Documents/new ü #.txt')).toString()).toBe('fresh')
    const part = await call(
      `${base}/items/${inside.find(({ name }) => name === 'notes.txt')?.id}/content`,
      {
        headers: { range: 'bytes=0-3' },
      },
    )
    const text = await part.text()
    if (part.status === 206) expect(text).toBe('Milk')
    else expect([part.status, text]).toEqual([200, 'Milk, bread, butter\n'])
  })

  it.each(['utf-16', 'latin-1'] as const)('reads names in %s', async (answer) => {
    const { body } = await connectWith({}, `enc-${answer}`)
    app.emulators.dav.settings.answer = answer
    const listing = await app.as(`enc-${answer}`)(
      `/api/cloud/connections/${String(body['id'])}/items?fresh=1`,
    )
    expect(await listing.json()).toMatchObject({ items: [{ name: 'café.txt' }] })
  })

  it('does not take 201 for an answer where nothing was stored', async () => {
    const { dav } = app.emulators
    const { body } = await connectWith({}, 'fpm')
    const put = (name: string) =>
      app.as('fpm')(`/api/cloud/connections/${String(body['id'])}/content?name=${name}`, {
        method: 'PUT',
        body: 'twelve bytes',
      })
    dav.settings.bodyLimit = 5
    expect(await (await put('a.txt')).json()).toMatchObject({ code: 'payload_too_large' })
    dav.settings.bodyLimit = Infinity
    dav.settings.quota = 1
    expect(await (await put('b.txt')).json()).toMatchObject({ code: 'quota_exceeded' })
    dav.settings.quota = 'unlimited'
    expect(
      dav
        .list('mia', '/')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['Documents', 'Photos', 'Research', 'welcome.txt'])
  })

  it('tells a locked item', async () => {
    const { dav } = app.emulators
    const { body } = await connectWith({}, 'locked')
    const base = `/api/cloud/connections/${String(body['id'])}`
    const call = app.as('locked')
    const { items } = (await (await call(`${base}/items`)).json()) as { items: Item[] }
    dav.settings.locked = ['/welcome.txt', '/Documents/notes.txt']
    for (const name of ['welcome.txt', 'Documents']) {
      const item = items.find((one) => one.name === name)
      const answer = await call(`${base}/items/${item?.id}`, { method: 'DELETE' })
      expect(await answer.json(), name).toMatchObject({ code: 'upload_locked', status: 423 })
    }
  })

  it('ERROR passes as soon as the server answers again', async () => {
    const { dav } = app.emulators
    const { body } = await connectWith({}, 'err')
    const path = `/api/cloud/connections/${String(body['id'])}`
    const status = async () =>
      ((await (await app.as('err')(path)).json()) as { status: string }).status
    dav.settings.refuse = { status: 500 }
    const check = await app.as('err')(`${path}/check`, { method: 'POST' })
    expect(check.status).toBe(502)
    expect(await status()).toBe('ERROR')
    dav.settings.refuse = undefined
    expect((await app.as('err')(`${path}/items?fresh=1`)).status).toBe(200)
    await expect.poll(status).toBe('ACTIVE')
    const after = (await (await app.as('err')(path)).json()) as { last_used_at: string | null }
    expect(after.last_used_at).not.toBeNull()
  })

  it('a folder that this user may not enter is no end of the connection', async () => {
    const { dav } = app.emulators
    const { body } = await connectWith({}, 'inner')
    const path = `/api/cloud/connections/${String(body['id'])}`
    dav.settings.refuse = { status: 401, times: 1 }
    const answer = await app.as('inner')(`${path}/items?fresh=1`)
    expect(await answer.json()).toMatchObject({ code: 'access_denied', status: 403 })
    expect((await app.as('inner')(`${path}/items?fresh=1`)).status).toBe(200)
  })

  it('a password that has changed asks for a reconnect, and another one heals it', async () => {
    const { dav } = app.emulators
    const { body } = await connectWith({}, 'pia')
    const id = String(body['id'])
    dav.settings.refuse = { status: 401 }
    const answer = await app.as('pia')(`/api/cloud/connections/${id}/items?fresh=1`)
    expect(await answer.json()).toMatchObject({ code: 'reauth_required', status: 503 })
    dav.settings.refuse = undefined
    const again = await connectWith({}, 'pia')
    expect(again.body).toMatchObject({ id, status: 'ACTIVE' })
  })
})
