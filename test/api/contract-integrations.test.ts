// The earlier contract /api/v1/integrations (spec section 12): its whole story, as a front end of that time goes through it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callback, connect } from '../connect.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { until } from '../imports.ts'

const BASE = '/api/v1/integrations'
const ANN = 'ann@example.com'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

const json = async (response: Response) => (await response.json()) as Record<string, unknown>

/** What a browser does that follows the link: Location and the binding cookie. */
async function start(user: string, platform: string) {
  const answer = await app.as(user)(`${BASE}/${platform}/connect`)
  expect(answer.status).toBe(302)
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { url: answer.headers.get('location') ?? '', cookie }
}

async function join(user: string, platform: string) {
  const { url, cookie } = await start(user, platform)
  const answer = await callback(await authorize(url), cookie)
  expect(answer.status).toBe(200)
  return json(answer)
}

const list = async (user: string) => {
  const { integrations } = await json(await app.as(user)(BASE))
  return integrations as Record<string, unknown>[]
}
const NOT = { connected: false, accountEmail: null, accountName: null, connectedAt: null }

const post = (user: string, path: string, body: object, headers: Record<string, string> = {}) =>
  app.as(user)(`${BASE}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

describe('the story of a user', () => {
  it('shows the four platforms, in their order, before anything is connected', async () => {
    expect(await list('ann')).toEqual(
      ['google_drive', 'microsoft', 'dropbox', 'confluence'].map((platform) => ({
        platform,
        ...NOT,
      })),
    )
  })

  it('connects each by consent, the callback at the address that is registered for it', async () => {
    for (const platform of ['google_drive', 'microsoft', 'dropbox', 'confluence']) {
      const { url } = await start('ann', platform)
      expect(new URL(url).searchParams.get('redirect_uri')).toBe(
        `${app.url}${BASE}/${platform}/callback`,
      )
      const answer = await join('ann', platform)
      expect(answer).toMatchObject({ success: true, integration: { platform } })
      const { integration, message } = answer as {
        integration: Record<string, unknown>
        message: string
      }
      expect(Object.keys(answer)).toEqual(['success', 'message', 'integration'])
      expect(Object.keys(integration)).toEqual(['platform', 'accountEmail', 'connectedAt'])
      expect(integration['accountEmail']).toContain('@')
      expect(Date.parse(String(integration['connectedAt']))).toBeGreaterThan(Date.now() - 60_000)
      expect(message).toMatch(/ is connected\.$/)
      const shown = (await list('ann')).find((one) => one['platform'] === platform)
      expect(shown).toMatchObject({ connected: true, ...integration })
    }
    const stored = await rows(
      app,
      "SELECT provider FROM connections WHERE user_id = 'ann' ORDER BY provider",
    )
    expect(stored.map(({ provider }) => provider)).toEqual([
      ...['confluence', 'dropbox', 'google_drive', 'microsoft_365'],
    ])
  })

  it('gives the address as JSON to a script, and the popup’s page to a browser', async () => {
    const answer = await app.as('bea')(`${BASE}/google_drive/connect`, {
      headers: { accept: 'application/json' },
    })
    const started = await json(answer)
    expect(Object.keys(started)).toEqual(['authorizationUrl', 'attemptId', 'expiresAt'])
    const back = await authorize(String(started['authorizationUrl']))
    const page = await fetch(back, {
      headers: {
        accept: 'text/html,application/xhtml+xml;q=0.9',
        cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '',
      },
    })
    const html = await page.text()
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(html).toContain('"type":"oauth_success"')
    expect(html).toContain('"connection_id"')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await list('bea'))[0]).toMatchObject({ platform: 'google_drive', connected: true })
  })

  it('lists a folder whole, and its own folder below', async () => {
    const { google } = app.emulators
    const folder = google.addFolder(ANN, 'root', 'Contract folder')
    const file = google.addFile(ANN, folder, 'within.txt', 'What lies within.\n')
    const top = await json(await app.as('ann')(`${BASE}/google_drive/files?folder_id=root&_=1`))
    expect(top['nextCursor']).toBeNull()
    const found = (top['files'] as Record<string, unknown>[]).find(({ id }) => id === folder)
    expect(Object.keys(found ?? {})).toEqual([
      ...['id', 'name', 'mimeType', 'size', 'isFolder', 'modifiedTime', 'webViewLink', 'parentId'],
    ])
    expect(found).toMatchObject({ name: 'Contract folder', isFolder: true, parentId: 'root' })
    const below = await json(await app.as('ann')(`${BASE}/google_drive/files?folder_id=${folder}`))
    expect(below['files']).toMatchObject([
      { id: file, name: 'within.txt', size: 18, isFolder: false },
    ])
    for (const platform of ['microsoft', 'dropbox', 'confluence']) {
      const answer = await app.as('ann')(`${BASE}/${platform}/files`)
      expect(answer.status, platform).toBe(200)
      expect((await json(answer))['files']).not.toEqual([])
    }
  })

  it('carries thousands of files in an answer, and the rest of them behind its cursor', async () => {
    const { google } = app.emulators
    const folder = google.addFolder(ANN, 'root', 'Large')
    google.addMany(ANN, folder, 5500)
    const path = `${BASE}/google_drive/files?folder_id=${folder}`
    const first = await json(await app.as('ann')(path))
    const cursor = String(first['nextCursor'])
    const rest = await json(await app.as('ann')(`${path}&cursor=${encodeURIComponent(cursor)}`))
    expect(rest['nextCursor']).toBeNull()
    const ids = [first, rest].flatMap(({ files }) =>
      (files as { id: string }[]).map(({ id }) => id),
    )
    expect((first['files'] as object[]).length).toBeGreaterThanOrEqual(5000)
    expect(new Set(ids).size).toBe(5500)
    expect(ids.length).toBe(5500)
  })

  it('imports, and answers the documents, also of what is a document already', async () => {
    const { google } = app.emulators
    const ids = ['one', 'two'].map((name) =>
      google.addFile(ANN, 'root', `${name}.txt`, `The ${name} tells of contractlantern.\n`),
    )
    const answer = await post('ann', '/google_drive/import', {
      fileIds: ids,
      category: 'contracts',
    })
    expect(answer.status).toBe(200)
    const body = await json(answer)
    expect(body).toMatchObject({
      success: true,
      message: '2 documents imported.',
      documents: [
        { title: 'one.txt', source_type: 'google_drive', chunk_count: 1 },
        { title: 'two.txt', source_type: 'google_drive', chunk_count: 1 },
      ],
      failures: [],
    })
    const documents = body['documents'] as { id: string }[]
    const found = await json(await app.as('ann')('/api/documents/search?q=contractlantern'))
    expect(found['results']).toHaveLength(2)
    const [first] = documents
    expect(await json(await app.as('ann')(`/api/documents/${first?.id}`))).toMatchObject({
      category: 'contracts',
    })
    const again = await json(
      await post('ann', '/google_drive/import', { fileIds: ids, category: '' }),
    )
    expect(again).toMatchObject({ success: true, documents })
  })

  it('names what could not be imported', async () => {
    const id = app.emulators.google.addFile(ANN, 'root', 'noise.bin', 4096)
    const answer = await post('ann', '/google_drive/import', { fileIds: [id, 'gone'] })
    expect(answer.status).toBe(200)
    const body = await json(answer)
    expect(body).toMatchObject({ success: false, documents: [] })
    const reasons = (body['failures'] as { id: string; reason: string }[]).map(
      (one) => `${one.id} ${one.reason}`,
    )
    expect(reasons.toSorted()).toEqual([`${id} unsupported_type`, 'gone item_not_found'].toSorted())
  })

  it('answers 202 with the import, which goes on, where it is not over in time', async () => {
    const id = app.emulators.google.addFile(ANN, 'root', 'late.txt', 'Late, but not lost.\n')
    // As long as the vendor says nothing, the import is not over.
    const match = { host: 'www.googleapis.com', path: /\/files\/[^/]+$/ }
    app.emulators.trouble.add({ match, times: 100, fault: { kind: 'slow', ms: 900 } })
    const answer = await post(
      'ann',
      '/google_drive/import',
      { fileIds: [id] },
      { prefer: 'wait=1' },
    )
    app.emulators.trouble.clear()
    expect(answer.status).toBe(202)
    const body = await json(answer)
    expect(body).toMatchObject({ success: true, documents: [], import: { status: 'running' } })
    const location = answer.headers.get('location')?.replace(app.url, '') ?? ''
    const ended = await until(async () => {
      const shown = await json(await app.as('ann')(location))
      return shown['status'] === 'completed' && shown
    }, 'the end of the import')
    expect(ended).toMatchObject({ counts: { imported: 1 } })
  })

  it('does not wait for a platform that asks to be left alone for longer', async () => {
    const id = app.emulators.google.addFile(ANN, 'root', 'throttled.txt', 'Throttled.\n')
    app.emulators.trouble.add({
      match: { host: 'www.googleapis.com', path: /\/files\/[^/]+$/ },
      times: 100,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } },
    })
    const began = Date.now()
    const answer = await post('ann', '/google_drive/import', { fileIds: [id] })
    app.emulators.trouble.clear()
    expect(answer.status).toBe(202)
    expect(await json(answer)).toMatchObject({
      message: 'The import goes on by itself, as soon as the platform allows.',
      import: { status: 'paused', pause_reason: 'throttled' },
    })
    expect(Date.now() - began).toBeLessThan(20_000)
    await rows(app, 'UPDATE connections SET throttled_until = NULL')
  })

  it('disconnects: the credentials are gone, the others stay', async () => {
    const answer = await app.as('ann')(`${BASE}/microsoft`, { method: 'DELETE' })
    expect(answer.status).toBe(200)
    expect(await json(answer)).toEqual({
      success: true,
      message: 'Microsoft 365 is disconnected.',
    })
    const shown = await list('ann')
    expect(shown[1]).toEqual({ platform: 'microsoft', ...NOT })
    expect(shown.map(({ connected }) => connected)).toEqual([true, false, true, true])
    const left = await rows(
      app,
      "SELECT id FROM connections WHERE user_id = 'ann' AND provider = 'microsoft_365'",
    )
    expect(left).toEqual([])
  })
})

describe('one of several connections', () => {
  it('is the oldest that works; one that has to be renewed is shown as not connected', async () => {
    const first = await connect(app, 'cid', 'google_drive', { account: 'ann@example.com' })
    await connect(app, 'cid', 'google_drive', { account: 'bob@example.com' })
    expect((await list('cid'))[0]).toMatchObject({ accountEmail: 'ann@example.com' })
    const die = (where: string) =>
      rows(app, `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE ${where}`)
    await die(`id = '${first.id}'`)
    expect((await list('cid'))[0]).toMatchObject({
      connected: true,
      accountEmail: 'bob@example.com',
    })
    await die("user_id = 'cid'")
    expect((await list('cid'))[0]).toMatchObject({
      connected: false,
      accountEmail: 'ann@example.com',
    })
    const answer = await app.as('cid')(`${BASE}/google_drive/files`)
    expect(answer.status).toBe(503)
    expect(await json(answer)).toMatchObject({
      code: 'reauth_required',
      detail: 'Cloud connection requires re-authentication. Please reconnect in Settings.',
    })
  })
})

describe('what is refused', () => {
  it('a platform that there is not, or that is not connected', async () => {
    const calls = [
      ...['onedrive', 'microsoft_365', 'webdav', '..'].map((name) => `/${name}/files`),
      ...['/nothing/connect', '/nothing/callback?state=x&code=y', '/google_drive/files'],
    ].map((path) => app.as('dan')(BASE + path))
    calls.push(app.as('dan')(`${BASE}/google_drive`, { method: 'DELETE' }))
    calls.push(post('dan', '/google_drive/import', { fileIds: ['x'] }))
    for (const answer of await Promise.all(calls)) {
      expect(answer.status, answer.url).toBe(404)
      expect(await json(answer)).toMatchObject({ code: 'not_found' })
    }
  })

  it('a state that is unknown, used, or of an attempt at another address', async () => {
    const refused = async (url: string, cookie: string) => {
      const answer = await callback(url, cookie)
      expect(answer.status).toBe(400)
      expect(await json(answer)).toMatchObject({ code: 'invalid_state' })
    }
    await refused(`${app.url}${BASE}/google_drive/callback?state=unknown&code=x`, '')
    const used = await start('eve', 'google_drive')
    const back = await authorize(used.url)
    expect((await callback(back, used.cookie)).status).toBe(200)
    await refused(back, used.cookie)
    const strayed = await start('eve', 'dropbox')
    const way = (await authorize(strayed.url)).replace(
      `${BASE}/dropbox/callback`,
      '/api/cloud/oauth/callback/dropbox',
    )
    await refused(way, strayed.cookie)
    expect((await list('eve'))[2]).toEqual({ platform: 'dropbox', ...NOT })
  })

  it('Deny, as a problem to a program and as a message to an opener', async () => {
    for (const accept of ['application/json', 'text/html']) {
      const { url, cookie } = await start('fay', 'google_drive')
      const back = await authorize(url, { deny: true })
      const answer = await fetch(back, { headers: { accept, cookie } })
      const text = await answer.text()
      if (accept === 'text/html') expect(text).toContain('"error":"access_denied"')
      else expect([answer.status, JSON.parse(text)]).toMatchObject([403, { code: 'access_denied' }])
    }
    expect((await list('fay'))[0]).toEqual({ platform: 'google_drive', ...NOT })
  })

  it('another browser: what it consents to waits for the user who started', async () => {
    const { url } = await start('gus', 'google_drive')
    const answer = await callback(await authorize(url), undefined)
    expect(answer.status).toBe(202)
    const body = await json(answer)
    expect(body).toMatchObject({ success: false, integration: null })
    expect((await list('gus'))[0]).toEqual({ platform: 'google_drive', ...NOT })
    const { code, completeUrl } = body['claim'] as { code: string; completeUrl: string }
    const claim = (user: string) =>
      app.as(user)(completeUrl.replace(app.url, ''), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
    expect((await claim('hal')).status).toBe(404)
    expect((await claim('gus')).status).toBe(200)
    expect((await list('gus'))[0]).toMatchObject({ connected: true })
  })

  it('a start that another site has caused, an administrator, and nobody', async () => {
    const cookie = `slipway_session=${await app.token('ida')}`
    const go = (headers: Record<string, string>) =>
      fetch(`${app.url}${BASE}/google_drive/connect`, { headers, redirect: 'manual' })
    const own = await go({ cookie, 'sec-fetch-site': 'same-origin' })
    expect(own.status).toBe(302)
    const foreign = await go({ cookie, 'sec-fetch-site': 'cross-site' })
    expect(foreign.status).toBe(403)
    expect(foreign.headers.get('set-cookie')).toBeNull()
    expect((await go({})).status).toBe(401)
    expect((await app.as('root', { role: 'admin' })(BASE)).status).toBe(403)
  })
})
