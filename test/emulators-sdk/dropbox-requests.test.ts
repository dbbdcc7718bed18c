// The Dropbox emulator is as strict as Dropbox about the form of requests and paths, and as odd as its switches say.
import { describe, expect, it } from 'vitest'
import {
  actAs,
  askToken,
  download,
  emulators,
  malformed,
  MIA,
  ok,
  pathError,
  refused,
  rpc,
  secrets,
  send,
  upload,
  useDropbox,
} from './dropbox-wire.ts'

useDropbox()

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
        pathError('malformed_path'),
      )
    expect(await refused(rpc('files/create_folder_v2', { path: '/Desktop.ini' }), 409)).toEqual(
      pathError('disallowed_name'),
    )
    const list = rpc('files/list_folder', { path: '/empty.txt' })
    expect(await refused(list, 409)).toEqual(pathError('not_folder'))
    expect(await refused(download({ path: '/Homework' }), 409)).toEqual(pathError('not_file'))
    expect(await refused(download({ path: '/none' }), 409)).toEqual(pathError('not_found'))
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
    await actAs('franz@acme.example')
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

describe('switches', () => {
  it('close an account, a document, a session and a folder', async () => {
    const { settings } = emulators.dropbox
    const list = () => rpc('files/list_folder', { path: '' })
    settings.refuseAuth = 'user_suspended'
    expect(await refused(list(), 401)).toEqual({ '.tag': 'user_suspended' })
    settings.refuseAuth = undefined
    settings.refuseAccess = 'invalid_account_type'
    expect(await refused(list(), 403)).toEqual({
      '.tag': 'invalid_account_type',
      invalid_account_type: { '.tag': 'endpoint' },
    })
    settings.refuseAccess = undefined
    settings.malformedPaths = 1
    expect(await refused(list(), 409)).toEqual(pathError('malformed_path'))
    const id = emulators.dropbox.addFile(MIA, 'root', 'Banned.txt', 'x')
    settings.restricted = [id]
    expect(await refused(download({ path: id }), 409)).toEqual(pathError('restricted_content'))
    settings.readOnly = [emulators.dropbox.addFolder(MIA, 'root', 'Locked')]
    const folder = rpc('files/create_folder_v2', { path: '/Locked/New' })
    expect(await refused(folder, 409)).toEqual(pathError('no_write_permission'))
    const { session_id } = await ok(upload('files/upload_session/start', {}, 'x'))
    settings.lostSessions = 1
    const cursor = { session_id, offset: 1 }
    const append = upload('files/upload_session/append_v2', { cursor }, 'y')
    expect(await refused(append, 409)).toEqual({ '.tag': 'not_found' })
    settings.invalidClientStatus = 401
    const fields = { ...secrets(), client_secret: 'wrong', grant_type: 'refresh_token' }
    expect((await askToken({ ...fields, refresh_token: 'x' })).status).toBe(401)
  })

  it('make pages odd', async () => {
    const { settings } = emulators.dropbox
    Object.assign(settings, { overfullPages: true, sparse: true, lowerParents: false })
    const page = await ok(rpc('files/list_folder', { path: '/homework/MATH', limit: 1 }))
    expect(page['entries']).toMatchObject([
      { path_display: '/Homework/Math/Primes.txt' },
      { path_display: '/Homework/Math/proof.md' },
    ])
    expect(JSON.stringify(page)).not.toContain('is_downloadable')
    settings.indexDelay = 60_000
    const search = rpc('files/search_v2', { query: 'primes' })
    expect(await ok(search)).toEqual({ matches: [], has_more: false, cursor: null })
    Object.assign(settings, { indexDelay: 0, maxPage: 1 })
    const first = await ok(rpc('files/search_v2', { query: '.txt' }))
    expect(first).toMatchObject({ has_more: true, matches: [{}] })
    const next = await ok(rpc('files/search/continue_v2', { cursor: first['cursor'] }))
    expect(next['matches']).not.toEqual(first['matches'])
  })
})
