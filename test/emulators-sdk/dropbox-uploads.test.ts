// The Dropbox emulator takes uploads by the rules of modes, offsets and limits.
import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { contentOfBytes } from '../emulators/content.ts'
import { contentHash } from '../emulators/dropbox-hash.ts'
import {
  actAs,
  download,
  emulators,
  malformed,
  ok,
  refused,
  rpc,
  send,
  upload,
  useDropbox,
} from './dropbox-wire.ts'

const MIB = 1024 * 1024

useDropbox()

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
    await actAs('full@example.com')
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
