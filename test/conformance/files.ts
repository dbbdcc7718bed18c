// Files: what was sent is what the vendor has and what comes back, under the name that it was given, and nothing of it runs.
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { expect, it } from 'vitest'
import { sha256 } from '../sha256.ts'
import { checkConditions } from './conditions.ts'
import type { Drive, Item, Scene } from './scene.ts'

/** The tests of files. */
export function testFiles(scene: Scene): void {
  const { target, base, send, json, problem, expectBadName, put, upload, list, fetchContent } =
    scene

  const sizes = [0, 1, target.fragment - 1, target.fragment, target.fragment + 1]
  it.each(sizes)('takes %i bytes and gives them back', async (size) => {
    const bytes = randomBytes(size)
    const name = `sized-${size}.bin`
    const item = await upload(name, bytes)
    expect(item).toMatchObject({ name, size, is_folder: false })
    expect(await scene.drive.vendorHash(item, [scene.folder.name, name])).toBe(sha256(bytes))
    const response = await fetchContent(item.id)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(size))
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(bytes))
    expect(await scene.drive.leftovers()).toEqual([])
  })

  it.each(scene.names)('keeps the name %j, or says why not', async (name) => {
    const response = await put(name, 'content')
    if (target.refusedNames?.includes(name)) {
      return expectBadName(response)
    }
    const item = await json<Item>(response, 201)
    expect(item.name).toBe(name)
    const listed = (await list(scene.folder.id, { limit: '1000' })).items.find(
      (one) => one.name === name,
    )
    const hidden = target.hidesDotFiles === true && name.startsWith('.')
    expect(listed?.id).toBe(hidden ? undefined : item.id)
    expect(await json(await send(`/items/${item.id}`))).toMatchObject({ id: item.id, name })
    const content = await fetchContent(item.id)
    expect(await content.text()).toBe('content')
    const disposition = content.headers.get('content-disposition') ?? ''
    expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''/)
    expect((await send(`/items/${item.id}`, { method: 'DELETE' })).status).toBe(204)
  })

  it('does with a name that is taken what it is told', async () => {
    const first = await upload('same.txt', 'one')
    const refused = await problem(await put('same.txt', 'two'))
    expect(refused).toMatchObject({ status: 409, code: 'name_conflict' })
    expect(await (await fetchContent(first.id)).text()).toBe('one')
    const second = await upload('same.txt', 'two!', { conflict: 'rename' })
    expect(second.name).toMatch(/^same.+\.txt$/)
    expect(second.id).not.toBe(first.id)
    const third = await upload('same.txt', 'three', { conflict: 'replace' })
    expect(third).toMatchObject({ name: 'same.txt', size: 5 })
    expect(await (await fetchContent(third.id)).text()).toBe('three')
    const { items } = await list(scene.folder.id, { limit: '1000' })
    expect(items.filter(({ name }) => name.startsWith('same'))).toHaveLength(2)
    expect(await scene.drive.leftovers()).toEqual([])
  })

  it('serves ranges, conditions and heads (RFC 9110)', async () => {
    const text = 'abcdefghijklmnopqrstuvwxyz'
    const { id } = await upload('letters.txt', text)
    await checkConditions(
      (headers, method) => send(`/items/${id}/content`, { method, headers }),
      text,
    )
  })

  it('never serves content as something that runs', async () => {
    const query = new URLSearchParams({ parent_id: scene.folder.id, name: 'page.html' })
    const body = '<script>alert(1)</script>'
    const headers = { 'content-type': 'text/html' }
    const page = await send(`/content?${query}`, { method: 'PUT', headers, body })
    const { id } = await json<Item>(page, 201)
    for (const disposition of ['attachment', 'inline']) {
      const response = await send(`/items/${id}/content?disposition=${disposition}`)
      const shown = response.headers.get('content-disposition') ?? ''
      if (disposition === 'attachment') expect(shown).toMatch(/^attachment/)
      expect(response.headers.get('content-type')).not.toMatch(/html|script|svg|xml/)
      expect(response.headers.get('content-security-policy')).toContain('sandbox')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      await response.text()
    }
    const worker = await fetchContent(id, { 'service-worker': 'script' })
    expect(await problem(worker)).toMatchObject({ status: 403, code: 'forbidden' })
  })

  it('leaves nothing behind when the sender goes away', async () => {
    const name = 'cut.bin'
    const params = new URLSearchParams({ parent_id: scene.folder.id, name })
    const size = target.fragment + 1000
    await sendAndGo(scene.drive, `${base()}/content?${params}`, size, Math.floor(size / 2))
    await expect
      .poll(async () => (await scene.drive.leftovers()).length, { timeout: 15_000, interval: 100 })
      .toBe(0)
    const { items } = await list(scene.folder.id, { limit: '1000' })
    expect(items.map((item) => item.name)).not.toContain(name)
  })
}

/** Sends the head and a part of the body, then breaks the connection. */
function sendAndGo(drive: Drive, path: string, size: number, sent: number): Promise<void> {
  return new Promise((resolve, reject) => {
    void drive.app.token('mia').then((token) => {
      const outgoing = request(`${drive.app.url}${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-length': size },
      })
      outgoing.on('error', () => resolve())
      outgoing.write(Buffer.alloc(sent), () => setTimeout(() => outgoing.destroy(), 300))
      outgoing.on('close', () => resolve())
      setTimeout(() => reject(new Error('the connection did not close')), 10_000).unref()
    })
  })
}
