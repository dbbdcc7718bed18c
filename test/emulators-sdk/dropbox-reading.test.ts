// The Dropbox emulator lists, tells changes, and hands out bytes by the rules of each function.
import { describe, expect, it } from 'vitest'
import {
  actAs,
  download,
  emulators,
  exportFile,
  malformed,
  MIA,
  ok,
  refused,
  rpc,
  send,
  upload,
  useDropbox,
} from './dropbox-wire.ts'

useDropbox()

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
    await actAs('full@example.com')
    await malformed(next())
    await actAs(MIA)
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
    expect(await refused(exportFile({ path: '/empty.txt' }), 409)).toEqual({
      '.tag': 'non_exportable',
    })
    const odd = exportFile({ path: '/Notes.paper', export_format: 'docx' })
    expect(await refused(odd, 409)).toEqual({ '.tag': 'invalid_export_format' })
    emulators.dropbox.settings.unreadyExports = 1
    expect(await refused(exportFile({ path: '/Notes.paper' }), 409)).toEqual({
      '.tag': 'retry_error',
    })
    const answer = await exportFile({ path: '/Minutes.gdoc' })
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
    expect((await open({ authorization: 'Bearer x' })).status).toBe(400)
    settings.expiredLinks = 1
    expect((await open()).status).toBe(410)
    settings.emailUnverified = true
    const unverified = rpc('files/get_temporary_link', { path: '/empty.txt' })
    expect(await refused(unverified, 409)).toEqual({ '.tag': 'email_not_verified' })
  })
})
