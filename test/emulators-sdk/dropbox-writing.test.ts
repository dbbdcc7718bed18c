// The Dropbox emulator moves, copies and deletes by the rules of each function.
import { describe, expect, it } from 'vitest'
import { emulators, ok, refused, rpc, useDropbox } from './dropbox-wire.ts'

useDropbox()

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
