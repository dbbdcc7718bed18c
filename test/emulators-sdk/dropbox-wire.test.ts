// The Dropbox emulator is as strict as Dropbox about what no SDK ever sends, and as odd about what is rare.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { contentOfBytes } from '../emulators/content.ts'
import { contentHash } from '../emulators/dropbox-hash.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'

const CALLBACK = 'http://localhost:8787/api/cloud/oauth/callback/dropbox'
const VERIFIER = 'a-code-verifier-of-at-least-forty-three-characters'
const MIB = 1024 * 1024
const MIA = 'mia@example.com'

interface Tagged {
  readonly '.tag': string
  readonly [name: string]: unknown
}

interface Answer {
  readonly error: Tagged
  readonly error_summary: string
  readonly [name: string]: unknown
}

let emulators: Emulators
let token: string
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(async () => {
  emulators.reset()
  token = (await signIn(MIA))['access_token'] as string
})

const authorizeUrl = (more: Record<string, string> = {}) =>
  `${emulators.url}/www.dropbox.com/oauth2/authorize?${new URLSearchParams({
    client_id: emulators.clients['DROPBOX_CLIENT_ID'] ?? '',
    redirect_uri: CALLBACK,
    response_type: 'code',
    token_access_type: 'offline',
    state: randomBytes(24).toString('base64url'),
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  })}`

const askToken = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${emulators.url}/api.dropboxapi.com/oauth2/token`, {
    method: 'POST',
    headers: { ...headers, 'x-slipway-norecord': '1' },
    body: new URLSearchParams(fields),
  })

const secrets = () => ({
  client_id: emulators.clients['DROPBOX_CLIENT_ID'] ?? '',
  client_secret: emulators.clients['DROPBOX_CLIENT_SECRET'] ?? '',
})

async function signIn(account: string, more = {}): Promise<Record<string, unknown>> {
  const back = new URL(await authorize(authorizeUrl(more), { account }))
  const answer = await askToken({
    ...secrets(),
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  })
  return (await answer.json()) as Record<string, unknown>
}

function send(host: string, route: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('x-slipway-norecord', '1')
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
  const url = `${emulators.url}/${host}.dropboxapi.com/2/${route}`
  return fetch(url, { method: 'POST', ...init, headers })
}

const rpc = (route: string, argument: unknown, headers: Record<string, string> = {}) =>
  send('api', route, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(argument),
  })

const upload = (route: string, argument: unknown, body: BodyInit = '') =>
  send('content', route, {
    headers: {
      'content-type': 'application/octet-stream',
      'dropbox-api-arg': JSON.stringify(argument),
    },
    body,
  })

const download = (argument: unknown, headers: Record<string, string> = {}) =>
  send('content', 'files/download', {
    headers: { ...headers, 'dropbox-api-arg': JSON.stringify(argument) },
  })

/** A refusal in JSON, which carries its tags in its summary too. */
async function refused(response: Promise<Response>, status: number): Promise<Tagged> {
  const answer = await response
  const text = await answer.text()
  expect(`${answer.status} ${text}`).toMatch(new RegExp(`^${status} \\{`))
  const { error, error_summary: summary } = JSON.parse(text) as Answer
  if ('.tag' in error) expect(summary).toMatch(new RegExp(`^${error['.tag']}/.*\\.$`))
  return error
}

/** A refusal in text, which names the function. */
async function malformed(response: Promise<Response>): Promise<string> {
  const answer = await response
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  const text = await answer.text()
  expect(text).toMatch(/^Error in call to API function "[a-z_/0-9]+": /)
  return text
}

async function ok(response: Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await response
  const text = await answer.text()
  expect(`${answer.status} ${text}`).toMatch(/^200 /)
  return JSON.parse(text) as Record<string, unknown>
}

const path = (tag: string) => ({ '.tag': 'path', path: { '.tag': tag } })

describe('sign-in', () => {
  it('tells dead, wrong and unproven clients and codes apart', async () => {
    const fields = { ...secrets(), grant_type: 'refresh_token', refresh_token: 'none' }
    const dead = await askToken(fields)
    expect([dead.status, await dead.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' },
    ])
    const stranger = await askToken({ ...fields, client_secret: 'wrong' })
    expect([stranger.status, await stranger.json()]).toMatchObject([
      400,
      { error: 'invalid_client' },
    ])
    const { client_secret: _, ...unproven } = fields
    expect(await (await askToken(unproven)).json()).toMatchObject({ error: 'invalid_client' })
  })

  it('takes Basic, and refreshes without a new refresh token', async () => {
    const first = await signIn(MIA)
    expect(first).toMatchObject({ token_type: 'bearer', expires_in: 14_400, uid: '1234501' })
    expect(String(first['account_id'])).toHaveLength(40)
    const { client_id: id, client_secret: secret } = secrets()
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    const fields = { grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) }
    const again = (await (await askToken(fields, { authorization })).json()) as object
    expect(Object.keys(again).sort()).toEqual(['access_token', 'expires_in', 'token_type'])
    const online = await signIn(MIA, { token_access_type: 'online' })
    expect(online).not.toHaveProperty('refresh_token')
  })

  it('keeps to the scopes of the grant, and merges earlier ones', async () => {
    const scope = 'account_info.read'
    token = (await signIn(MIA, { scope }))['access_token'] as string
    expect(await refused(rpc('files/list_folder', { path: '' }), 401)).toEqual({
      '.tag': 'missing_scope',
      required_scope: 'files.metadata.read',
    })
    const more = { scope: 'files.metadata.read', include_granted_scopes: 'user' }
    const merged = await signIn(MIA, more)
    expect(String(merged['scope']).split(' ')).toContain('files.content.write')
    await expect(signIn('full@example.com', more)).rejects.toThrow('never linked')
    await expect(authorize(authorizeUrl({ approval: 'force' }))).rejects.toThrow('unknown')
  })

  it('ends one grant alone with revoke, and needs a living token for it', async () => {
    const other = (await signIn(MIA))['access_token'] as string
    expect(await (await send('api', 'auth/token/revoke')).text()).toBe('null')
    const revoke = send('api', 'auth/token/revoke')
    expect(await refused(revoke, 401)).toEqual({ '.tag': 'invalid_access_token' })
    token = other
    expect((await send('api', 'users/get_current_account')).status).toBe(200)
    emulators.dropbox.oauth.expireAccessTokens()
    const expired = send('api', 'auth/token/revoke')
    expect(await refused(expired, 401)).toEqual({ '.tag': 'expired_access_token' })
  })
})

describe('requests', () => {
  it('must have the form of their style', async () => {
    const json = { 'content-type': 'application/json' }
    const bare = 'users/get_current_account'
    expect((await send('api', bare)).status).toBe(200)
    expect((await send('api', bare, { headers: json, body: 'null' })).status).toBe(200)
    await malformed(send('api', bare, { headers: json }))
    await malformed(send('api', bare, { headers: json, body: '{}' }))
    expect(await malformed(rpc('files/list_folder', { path: '', deep: true }))).toContain(
      "unknown field 'deep'",
    )
    expect(await malformed(rpc('files/list_folder', {}))).toContain('path: missing required field')
    await malformed(rpc('files/list_folder', { path: '' }, { 'content-type': 'text/plain' }))
    await malformed(rpc('files/list_folder', { path: '', limit: 2001 }))
    await malformed(rpc('files/list_folder', { path: '' }, { authorization: 'Basic eA==' }))
    await malformed(send('api', 'files/list_folder', { headers: json, body: '{"path":' }))
    await malformed(rpc('files/list_folder?x=1', { path: '' }))
    const form = 'application/x-www-form-urlencoded'
    await malformed(download({ path: '/empty.txt' }, { 'content-type': form }))
    await malformed(send('content', 'files/download'))
  })

  it('go to the host of the function', async () => {
    expect((await upload('files/list_folder', { path: '' })).status).toBe(404)
    expect((await rpc('files/upload', { path: '/a.txt' })).status).toBe(404)
    const headers = { 'content-type': 'application/json' }
    const poll = { headers, body: JSON.stringify({ cursor: 'x' }) }
    await malformed(send('notify', 'files/list_folder/longpoll', poll))
  })

  it('escape what is not ASCII in the header, both ways', async () => {
    const named = (name: string) =>
      send('content', 'files/download', { headers: { 'dropbox-api-arg': name } })
    await malformed(named('{"path":"/Gr\u00f6\u00dfe.txt"}'))
    const escaped = '{"path":"/Gr\\u00f6\\u00dfe \\u2013 \\u540d\\u524d \\ud83d\\ude00.txt"}'
    const answer = await named(escaped)
    expect(await answer.text()).toBe('Names of the world.\n')
    const result = answer.headers.get('dropbox-api-result') ?? ''
    expect(result).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(result)).toMatchObject({ name: 'Größe – 名前 😀.txt' })
    expect(JSON.parse(result)).not.toHaveProperty('.tag')
  })

  it('name paths by the rules of each function', async () => {
    expect(await malformed(rpc('files/list_folder', { path: '/' }))).toContain('empty string')
    for (const wrong of ['Homework', 'ns:x', 'rev:012345678']) {
      await malformed(rpc('files/list_folder', { path: wrong }))
    }
    expect(await malformed(rpc('files/get_metadata', { path: '' }))).toContain('unsupported')
    await malformed(rpc('files/create_folder_v2', { path: 'id:abc/New' }))
    for (const wrong of ['/a//b', '/Homework/', '/a\\b', '/dot.', '/space ', `/${'x'.repeat(256)}`])
      expect(await refused(rpc('files/create_folder_v2', { path: wrong }), 409)).toEqual(
        path('malformed_path'),
      )
    expect(await refused(rpc('files/create_folder_v2', { path: '/Desktop.ini' }), 409)).toEqual(
      path('disallowed_name'),
    )
    const list = rpc('files/list_folder', { path: '/empty.txt' })
    expect(await refused(list, 409)).toEqual(path('not_folder'))
    expect(await refused(download({ path: '/Homework' }), 409)).toEqual(path('not_file'))
    expect(await refused(download({ path: '/none' }), 409)).toEqual(path('not_found'))
    const found = await ok(rpc('files/get_metadata', { path: '/HOMEWORK/math/PRIMES.txt' }))
    expect(found).toMatchObject({
      '.tag': 'file',
      name: 'Primes.txt',
      path_lower: '/homework/math/primes.txt',
      path_display: '/homework/math/Primes.txt',
    })
    const inside = await ok(rpc('files/list_folder', { path: 'ns:1100200301/Homework' }))
    expect(inside['entries']).toHaveLength(1)
  })

  it('start at the root that they name', async () => {
    token = (await signIn('franz@acme.example'))['access_token'] as string
    const list = (root: object) =>
      rpc('files/list_folder', { path: '' }, { 'dropbox-api-path-root': JSON.stringify(root) })
    expect((await list({ '.tag': 'home' })).status).toBe(200)
    expect((await list({ '.tag': 'namespace_id', namespace_id: '5100200306' })).status).toBe(200)
    await malformed(list({ '.tag': 'root' }))
    const others = list({ '.tag': 'namespace_id', namespace_id: '1100200301' })
    expect(await refused(others, 422)).toEqual({ '.tag': 'no_permission' })
    expect(await refused(list({ '.tag': 'root', root: '1100200302' }), 422)).toEqual({
      '.tag': 'invalid_root',
      invalid_root: {
        '.tag': 'team',
        root_namespace_id: '7100200300',
        home_namespace_id: '1100200302',
        home_path: '/Franz Ferdinand',
      },
    })
  })
})

describe('listings', () => {
  it('reset their cursors, bind them, and go on where they ended', async () => {
    const { settings } = emulators.dropbox
    settings.maxPage = 3
    settings.emptyPages = true
    const first = await ok(rpc('files/list_folder', { path: '' }))
    expect(first).toMatchObject({ entries: [], has_more: true })
    settings.resetCursors = 1
    const next = () => rpc('files/list_folder/continue', { cursor: first['cursor'] })
    expect(await refused(next(), 409)).toEqual({ '.tag': 'reset' })
    const page = await ok(next())
    expect(page).toMatchObject({ has_more: true })
    expect(page['entries']).toHaveLength(3)
    settings.busyCursors = true
    const both = await Promise.all([next(), next()])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 429])
    const mine = token
    token = (await signIn('full@example.com'))['access_token'] as string
    await malformed(next())
    token = mine
    await malformed(rpc('files/list_folder/continue', { cursor: 'made up' }))
  })

  it('tell moves and deletions of folders as changes', async () => {
    const argument = { path: '', recursive: true }
    const { cursor } = await ok(rpc('files/list_folder/get_latest_cursor', argument))
    await ok(rpc('files/move_v2', { from_path: '/Homework', to_path: '/Done/Work' }))
    await ok(rpc('files/delete_v2', { path: '/Empty folder' }))
    const delta = await ok(rpc('files/list_folder/continue', { cursor }))
    const entries = delta['entries'] as { '.tag': string; path_lower: string }[]
    expect(entries.map((one) => `${one['.tag']} ${one.path_lower}`)).toEqual([
      'folder /done',
      'deleted /homework',
      'folder /done/work',
      'folder /done/work/math',
      'file /done/work/math/primes.txt',
      'file /done/work/math/proof.md',
      'deleted /empty folder',
    ])
    const gone = rpc('files/get_metadata', { path: '/homework', include_deleted: true })
    expect(await ok(gone)).toMatchObject({ '.tag': 'deleted', name: 'Homework' })
  })
})

describe('downloads', () => {
  it('take ranges, also with GET, and know revisions', async () => {
    const part = await download({ path: '/harbour.bin' }, { range: 'bytes=1499990-' })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe('bytes 1499990-1499999/1500000')
    const beyond = await download({ path: '/harbour.bin' }, { range: 'bytes=1500000-' })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1500000'])
    const argument = { 'dropbox-api-arg': '{"path":"/homework/math/primes.txt"}' }
    const get = await send('content', 'files/download', { method: 'GET', headers: argument })
    expect(await get.text()).toBe('2 3 5 7 11 13\n')
    const etag = get.headers.get('etag') ?? ''
    const rev = /^W\/"([0-9a-f]+)"$/.exec(etag)?.[1]
    const known = { ...argument, 'if-none-match': etag }
    const same = await send('content', 'files/download', { method: 'GET', headers: known })
    expect(same.status).toBe(304)
    await ok(upload('files/upload', { path: '/homework/math/primes.txt', mode: 'overwrite' }, '2'))
    expect(await (await download({ path: `rev:${rev}` })).text()).toBe('2 3 5 7 11 13\n')
    const revisions = await ok(rpc('files/list_revisions', { path: '/homework/math/primes.txt' }))
    expect(revisions['entries']).toHaveLength(2)
  })

  it('refuse documents, and export them in their formats', async () => {
    const refuse = download({ path: '/Notes.paper' })
    expect(await refused(refuse, 409)).toEqual({ '.tag': 'unsupported_file' })
    const send = (argument: object) => exportFile(argument)
    expect(await refused(send({ path: '/empty.txt' }), 409)).toEqual({ '.tag': 'non_exportable' })
    const odd = send({ path: '/Notes.paper', export_format: 'docx' })
    expect(await refused(odd, 409)).toEqual({ '.tag': 'invalid_export_format' })
    emulators.dropbox.settings.unreadyExports = 1
    expect(await refused(send({ path: '/Notes.paper' }), 409)).toEqual({ '.tag': 'retry_error' })
    const answer = await send({ path: '/Minutes.gdoc' })
    const result = JSON.parse(answer.headers.get('dropbox-api-result') ?? '') as object
    expect(result).toMatchObject({
      export_metadata: { name: 'Minutes.docx' },
      file_metadata: { size: 0, is_downloadable: false, export_info: { export_as: 'docx' } },
    })
  })

  it('by link need no token, and end', async () => {
    const { settings } = emulators.dropbox
    const { link } = await ok(rpc('files/get_temporary_link', { path: '/empty.txt' }))
    const headers = { 'x-slipway-norecord': '1' }
    const open = (more = {}) => fetch(String(link), { headers: { ...headers, ...more } })
    expect((await open()).status).toBe(200)
    expect((await open({ authorization: `Bearer ${token}` })).status).toBe(400)
    settings.expiredLinks = 1
    expect((await open()).status).toBe(410)
    settings.emailUnverified = true
    const unverified = rpc('files/get_temporary_link', { path: '/empty.txt' })
    expect(await refused(unverified, 409)).toEqual({ '.tag': 'email_not_verified' })
  })
})

const exportFile = (argument: object) =>
  send('content', 'files/export', { headers: { 'dropbox-api-arg': JSON.stringify(argument) } })

describe('uploads', () => {
  it('hash in blocks of 4 MiB', async () => {
    const hash = (bytes: Uint8Array) => contentHash(contentOfBytes(bytes))
    // The vendor's reference gives no vectors; these were computed apart from this code.
    for (const [bytes, value] of [
      [Buffer.from('hello'), '9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50'],
      [Buffer.alloc(0), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      [Buffer.alloc(4 * MIB), 'c7e946d101855255d919ef0c70718633adf77d3dfb3adeeecf5d0cb4e951be58'],
      [
        Buffer.alloc(4 * MIB + 1),
        '14a4d47f23a30177885d9820122f17d2d3a55fe63f7f5c27b95f689e0b2accd6',
      ],
      [Buffer.alloc(8 * MIB), '03ae066c707c588592d9e27aa2444ca98423e0999024f1ceaa11a153790b37de'],
    ] as const)
      expect(await hash(bytes)).toBe(value)
    const content_hash = await hash(Buffer.from('hello'))
    const wrong = upload('files/upload', { path: '/h.txt', content_hash }, 'hullo')
    expect(await refused(wrong, 409)).toEqual({ '.tag': 'content_hash_mismatch' })
    expect(await ok(upload('files/upload', { path: '/h.txt', content_hash }, 'hello'))).toEqual(
      expect.objectContaining({ content_hash, size: 5 }),
    )
  })

  it('conflict by mode, and not when the bytes are the same', async () => {
    const put = (body: string, more: object = {}) =>
      upload('files/upload', { path: '/c.txt', ...more }, body)
    const { rev } = await ok(put('one', { client_modified: '2026-01-02T03:04:05Z' }))
    await malformed(put('one', { client_modified: '2026-01-02T03:04:05.678Z' }))
    expect((await ok(put('one')))['rev']).toBe(rev)
    const taken = { '.tag': 'conflict', conflict: { '.tag': 'file' } }
    const error = await refused(put('two'), 409)
    expect(error).toMatchObject({ '.tag': 'path', reason: taken })
    expect(await refused(put('one', { strict_conflict: true }), 409)).toMatchObject({
      reason: taken,
    })
    expect(await ok(put('two', { autorename: true }))).toMatchObject({ name: 'c (1).txt' })
    const update = (revision: unknown) => ({ mode: { '.tag': 'update', update: revision } })
    const second = await ok(put('three', update(rev)))
    expect(second['rev']).not.toBe(rev)
    expect(await refused(put('four', update(rev)), 409)).toMatchObject({ reason: taken })
    const copy = await ok(put('four', { ...update(rev), autorename: true }))
    expect(copy).toMatchObject({ name: 'c (conflicted copy).txt' })
    expect(await ok(put('five', { mode: 'overwrite' }))).toMatchObject({ size: 4 })
    await ok(rpc('files/delete_v2', { path: '/c.txt' }))
    const strict = { ...update(second['rev']), strict_conflict: true }
    expect(await refused(put('six', strict), 409)).toMatchObject({ reason: taken })
    expect(await ok(put('six', update(second['rev'])))).toMatchObject({ name: 'c.txt' })
    const folder = upload('files/upload', { path: '/Homework', mode: 'overwrite' }, 'x')
    expect(await refused(folder, 409)).toMatchObject({
      reason: { '.tag': 'conflict', conflict: { '.tag': 'folder' } },
    })
    const under = upload('files/upload', { path: '/c.txt/d.txt' }, 'x')
    expect(await refused(under, 409)).toMatchObject({
      reason: { '.tag': 'conflict', conflict: { '.tag': 'file_ancestor' } },
    })
  })

  it('keep the bytes of an upload that had no place', async () => {
    const error = await refused(upload('files/upload', { path: '/empty.txt' }, 'bytes'), 409)
    const cursor = { session_id: error['upload_session_id'], offset: 5 }
    const commit = { path: '/elsewhere.txt' }
    const file = await ok(upload('files/upload_session/finish', { cursor, commit }))
    expect(await (await download({ path: file['id'] })).text()).toBe('bytes')
  })

  it('have limits, and know a full account and a folder that is only for reading', async () => {
    const { settings } = emulators.dropbox
    settings.requestLimit = 4
    const large = upload('files/upload', { path: '/l.txt' }, 'large')
    expect(await refused(large, 409)).toEqual({ '.tag': 'payload_too_large' })
    settings.requestLimit = MIB
    settings.fileLimit = 4
    const huge = upload('files/upload', { path: '/l.txt' }, 'large')
    expect(await refused(huge, 409)).toEqual({ '.tag': 'payload_too_large' })
    settings.fileLimit = MIB
    const readOnly = upload('files/upload', { path: '/Rules/l.txt' }, 'large')
    expect(await refused(readOnly, 409)).toMatchObject({
      reason: { '.tag': 'no_write_permission' },
    })
    settings.busyWrites = 2
    const busy = upload('files/upload', { path: '/l.txt' }, 'large')
    expect(await refused(busy, 409)).toMatchObject({
      reason: { '.tag': 'too_many_write_operations' },
    })
    const folder = await rpc('files/create_folder_v2', { path: '/L' })
    expect([folder.status, folder.headers.get('retry-after')]).toEqual([429, '1'])
    token = (await signIn('full@example.com'))['access_token'] as string
    const full = upload('files/upload', { path: '/l.txt' }, 'x'.repeat(101))
    expect(await refused(full, 409)).toMatchObject({ reason: { '.tag': 'insufficient_space' } })
    const copy = { from_path: '/everything.bin', to_path: '/again.bin' }
    const quota = rpc('files/copy_v2', copy)
    expect(await refused(quota, 409)).toEqual({ '.tag': 'insufficient_quota' })
    const { allocation } = await ok(send('api', 'users/get_space_usage'))
    expect(allocation).toEqual({ '.tag': 'individual', allocated: 1_500_100 })
  })

  it('say how far a session is, and when it is closed or gone', async () => {
    const { session_id: id } = await ok(upload('files/upload_session/start', {}, 'four'))
    const at = (offset: number) => ({ session_id: id, offset })
    const append = (offset: number, body: string, close = false) =>
      upload('files/upload_session/append_v2', { cursor: at(offset), close }, body)
    const finish = (offset: number, body = '') =>
      upload('files/upload_session/finish', { cursor: at(offset), commit: { path: '/s' } }, body)
    const wrong = { '.tag': 'incorrect_offset', correct_offset: 4 }
    expect(await refused(append(0, 'x'), 409)).toEqual(wrong)
    expect(await refused(finish(9), 409)).toEqual({ '.tag': 'lookup_failed', lookup_failed: wrong })
    expect(await (await append(4, 'more', true)).text()).toBe('null')
    expect(await refused(append(8, 'x'), 409)).toEqual({ '.tag': 'closed' })
    expect(emulators.dropbox.sessions()).toEqual([id])
    emulators.trouble.add({
      match: { path: '/2/files/upload_session/finish' },
      fault: { kind: 'drop' },
    })
    await expect(finish(8)).rejects.toThrow()
    const missing = { '.tag': 'lookup_failed', lookup_failed: { '.tag': 'not_found' } }
    expect(await refused(finish(8), 409)).toEqual(missing)
    expect(await (await download({ path: '/s' })).text()).toBe('fourmore')
    const { session_id: other } = await ok(upload('files/upload_session/start', {}, 'x'))
    emulators.dropbox.settings.sessionLifetime = 0
    const cursor = { session_id: other, offset: 1 }
    const late = upload('files/upload_session/append_v2', { cursor }, 'x')
    expect(await refused(late, 409)).toEqual({ '.tag': 'not_found' })
  })

  it('finish with another commit after a conflict', async () => {
    const { session_id: id } = await ok(upload('files/upload_session/start', {}, 'one'))
    const finish = (offset: number, commit: object, body = '') =>
      upload('files/upload_session/finish', { cursor: { session_id: id, offset }, commit }, body)
    const taken = await refused(finish(3, { path: '/empty.txt' }, 'two'), 409)
    expect(taken).toEqual({
      '.tag': 'path',
      path: { '.tag': 'conflict', conflict: { '.tag': 'file' } },
    })
    const file = await ok(finish(6, { path: '/empty.txt', autorename: true }))
    expect(file).toMatchObject({ name: 'empty (1).txt', size: 6 })
  })

  it('may come in any order on a grid of 4 MiB', async () => {
    const bytes = randomBytes(8 * MIB + 5)
    const begin = { session_type: 'concurrent' }
    const data = upload('files/upload_session/start', begin, 'x')
    expect(await refused(data, 409)).toEqual({ '.tag': 'concurrent_session_data_not_allowed' })
    const { session_id: id } = await ok(upload('files/upload_session/start', begin))
    const append = (offset: number, body: Buffer, close = false) =>
      upload(
        'files/upload_session/append_v2',
        { cursor: { session_id: id, offset }, close },
        new Uint8Array(body),
      )
    const cursor = { session_id: id, offset: bytes.length }
    const finish = () =>
      upload('files/upload_session/finish', { cursor, commit: { path: '/p.bin' } })
    const piece = bytes.subarray(4 * MIB, 8 * MIB)
    expect(await refused(append(5, piece), 409)).toEqual({
      '.tag': 'concurrent_session_invalid_offset',
    })
    expect(await refused(append(0, piece.subarray(1)), 409)).toEqual({
      '.tag': 'concurrent_session_invalid_data_size',
    })
    await ok(append(8 * MIB, bytes.subarray(8 * MIB), true))
    expect(await refused(finish(), 409)).toEqual({ '.tag': 'concurrent_session_missing_data' })
    await Promise.all([append(4 * MIB, piece), append(0, bytes.subarray(0, 4 * MIB))])
    const file = await ok(finish())
    const sum = createHash('sha256').update(bytes).digest('hex')
    expect(await emulators.dropbox.sha256(String(file['id']))).toBe(sum)
  })

  it('finish in batches, each entry for itself', async () => {
    const batch = await ok(rpc('files/upload_session/start_batch', { num_sessions: 2 }))
    const ids = batch['session_ids'] as string[]
    const cursor = { session_id: ids[0], offset: 0 }
    await ok(upload('files/upload_session/append_v2', { cursor, close: true }, 'batch'))
    const entries = ids.map((session_id, index) => ({
      cursor: { session_id, offset: index === 0 ? 5 : 0 },
      commit: { path: `/b${index}.txt` },
    }))
    const answer = await ok(rpc('files/upload_session/finish_batch_v2', { entries }))
    expect(answer['entries']).toMatchObject([
      { '.tag': 'success', name: 'b0.txt' },
      {
        '.tag': 'failure',
        failure: { '.tag': 'lookup_failed', lookup_failed: { '.tag': 'not_closed' } },
      },
    ])
  })
})

describe('other writes', () => {
  it('refuse what cannot be moved where', async () => {
    const move = (from_path: string, to_path: string, more = {}) =>
      rpc('files/move_v2', { from_path, to_path, ...more })
    expect(await refused(move('/none', '/n'), 409)).toEqual({
      '.tag': 'from_lookup',
      from_lookup: { '.tag': 'not_found' },
    })
    const taken = { '.tag': 'to', to: { '.tag': 'conflict', conflict: { '.tag': 'file' } } }
    expect(await refused(move('/harbour.bin', '/empty.txt'), 409)).toEqual(taken)
    expect(await refused(move('/empty.txt', '/Empty.TXT'), 409)).toEqual(taken)
    const inside = move('/Homework', '/homework/math/Homework')
    expect(await refused(inside, 409)).toEqual({ '.tag': 'cant_move_folder_into_itself' })
    expect(await refused(move('/empty.txt', '/empty.txt'), 409)).toEqual({
      '.tag': 'duplicated_or_nested_paths',
    })
    const renamed = await ok(move('/harbour.bin', '/empty.txt', { autorename: true }))
    expect(renamed['metadata']).toMatchObject({ '.tag': 'file', name: 'empty (1).txt' })
    const gone = rpc('files/delete_v2', { path: '/none' })
    expect(await refused(gone, 409)).toEqual({
      '.tag': 'path_lookup',
      path_lookup: { '.tag': 'not_found' },
    })
    const stale = rpc('files/delete_v2', { path: '/empty.txt', parent_rev: '0123456789' })
    expect(await refused(stale, 409)).toMatchObject({ '.tag': 'path_write' })
  })

  it('stand in each other’s way, and copy what a shared folder shows', async () => {
    emulators.dropbox.settings.writeLock = 30
    const made = await Promise.all(
      ['/X', '/Y'].map((name) => rpc('files/create_folder_v2', { path: name })),
    )
    expect(made.map(({ status }) => status).sort()).toEqual([200, 429])
    emulators.dropbox.settings.writeLock = 0
    await ok(rpc('files/copy_v2', { from_path: '/Regatta', to_path: '/Copy' }))
    const list = await ok(rpc('files/list_folder', { path: '/Copy' }))
    expect(list['entries']).toMatchObject([{ name: 'start list.txt' }])
  })
})

describe('webhooks', () => {
  it('are challenged and get signed notifications', async () => {
    const got: { signature: unknown; body: string }[] = []
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      let body = ''
      request.on('data', (part) => (body += String(part)))
      request.on('end', () => {
        if (request.method === 'POST')
          got.push({ signature: request.headers['x-dropbox-signature'], body })
        response.setHeader('content-type', 'text/plain')
        response.setHeader('x-content-type-options', 'nosniff')
        response.end(searchParams.get('challenge') ?? '')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    expect(await emulators.dropbox.challenge(url)).toBe(true)
    expect((await emulators.dropbox.notify(url, [MIA])).status).toBe(200)
    server.close()
    const [call] = got
    const secret = secrets().client_secret
    const hmac = createHmac('sha256', secret).update(call?.body ?? '')
    expect(call?.signature).toBe(hmac.digest('hex'))
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ delta: { users: [1234501] } })
  })
})
