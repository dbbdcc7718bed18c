// The Microsoft emulator answers Microsoft's own SDK as Graph does: the SDK sees real host names, tokens and redirects only.
import { randomBytes } from 'node:crypto'
import {
  FileUpload,
  LargeFileUploadTask,
  OneDriveLargeFileUploadTask,
  PageIterator,
  type Client,
} from '@microsoft/microsoft-graph-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { createClient, ONEDRIVE, readBytes, sha256, signIn, type Item } from './graph-client.ts'

const MIB = 1024 * 1024

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

for (const account of ['ann@contoso.com', 'pat@outlook.com']) {
  describe(`Microsoft's SDK with ${account}`, () => {
    let client: Client
    beforeEach(async () => {
      client = createClient(emulators, (await signIn(emulators, ONEDRIVE, account)).access_token)
    })

    it('reads who I am and my drive', async () => {
      const me = (await client.api('/me').get()) as { userPrincipalName: string }
      expect(me.userPrincipalName).toBe(account)
      const drive = (await client.api('/me/drive').select('id,quota').get()) as {
        id: string
        quota: { total: number }
      }
      expect(drive.quota.total).toBeGreaterThan(0)
      const again = (await client.api(`/drives/${drive.id}`).get()) as { id: string }
      expect(again.id).toBe(drive.id)
    })

    it('lists a folder page by page', async () => {
      const folder = emulators.microsoft.addFolder(account, 'root', 'many')
      emulators.microsoft.addMany(account, folder, 25)
      const first = await client
        .api(`/me/drive/items/${folder}/children`)
        .top(10)
        .select('id,name')
        .orderby('name desc')
        .get()
      const names: string[] = []
      const iterator = new PageIterator(client, first, (item: Item) => {
        names.push(item.name)
        return true
      })
      await iterator.iterate()
      expect(names).toHaveLength(25)
      expect(names[0]).toBe('item-00024.txt')
      expect(first.value[0]).not.toHaveProperty('@microsoft.graph.downloadUrl')
    })

    it('finds an item by its path, with names that need care', async () => {
      const name = "a #1 100% + & 'q' é 🚢.txt"
      const id = emulators.microsoft.addFile(account, 'root', name, 'odd')
      const item = (await client.api(`/me/drive/root:/${encodeURIComponent(name)}`).get()) as Item
      expect(item).toMatchObject({ id, name, size: 3 })
    })

    it('uploads with LargeFileUploadTask and downloads the same bytes', async () => {
      const bytes = randomBytes(7 * MIB + 13)
      const session = await LargeFileUploadTask.createUploadSession(
        client,
        '/me/drive/root:/clip.bin:/createUploadSession',
        { item: { '@microsoft.graph.conflictBehavior': 'rename', name: 'clip.bin' } },
      )
      const file = new FileUpload(bytes, 'clip.bin', bytes.length)
      const options = { rangeSize: 10 * 320 * 1024 }
      const task = new LargeFileUploadTask(client, file, session, options)
      const result = (await task.upload()).responseBody as Item
      expect(emulators.microsoft.sessions()).toEqual([])
      expect(await emulators.microsoft.sha256(result.id)).toBe(sha256(bytes))

      const path = `/me/drive/items/${result.id}`
      const stream = (await client.api(`${path}/content`).getStream()) as ReadableStream<Uint8Array>
      expect(sha256(await readBytes(stream))).toBe(sha256(bytes))
      const item = (await client.api(path).get()) as Item
      expect(item.size).toBe(bytes.length)
    })

    it('uploads with OneDriveLargeFileUploadTask beside a name that is taken', async () => {
      const bytes = randomBytes(400_000)
      emulators.microsoft.addFile(account, 'root', 'photo.jpg', 'first')
      const file = new FileUpload(bytes, 'photo.jpg', bytes.length)
      const task = await OneDriveLargeFileUploadTask.createTaskWithFileObject(client, file, {
        path: '/',
        fileName: 'photo.jpg',
        conflictBehavior: 'rename',
        rangeSize: 320 * 1024,
      })
      const result = (await task.upload()).responseBody as Item
      expect(result.name).toBe('photo 1.jpg')
      expect(await emulators.microsoft.sha256(result.id)).toBe(sha256(bytes))
    })

    it('cancels a session', async () => {
      const file = new FileUpload(randomBytes(MIB), 'gone.bin', MIB)
      const task = await OneDriveLargeFileUploadTask.createTaskWithFileObject(client, file, {
        fileName: 'gone.bin',
      })
      const range = { minValue: 0, maxValue: 327_679 }
      await task.uploadSlice(Buffer.alloc(327_680).buffer, range, MIB)
      await task.getStatus()
      expect(task.getNextRange().minValue).toBe(327_680)
      await task.cancel()
      expect(emulators.microsoft.sessions()).toEqual([])
    })

    it('puts small and empty files, makes folders, renames, moves and deletes', async () => {
      const put = (await client.api('/me/drive/root:/none.txt:/content').put('')) as Item
      expect(put.size).toBe(0)
      const folder = (await client
        .api('/me/drive/root/children')
        .post({ name: 'New', folder: {}, '@microsoft.graph.conflictBehavior': 'fail' })) as Item
      const moved = (await client
        .api(`/me/drive/items/${put.id}`)
        .patch({ name: 'Some.txt', parentReference: { id: folder.id } })) as Item
      expect(moved.name).toBe('Some.txt')
      const names = emulators.microsoft.children(account, folder.id).map(({ name }) => name)
      expect(names).toEqual(['Some.txt'])
      await client.api(`/me/drive/items/${folder.id}`).delete()
      await expect(client.api(`/me/drive/items/${put.id}`).get()).rejects.toMatchObject({
        statusCode: 404,
        code: 'itemNotFound',
      })
    })

    it('searches for a name with a quote', async () => {
      const found = (await client.api("/me/drive/root/search(q='O''Brien')").get()) as {
        value: Item[]
      }
      expect(found.value.map(({ name }) => name)).toEqual(["O'Brien #1 100% + & 🚢.txt"])
    })
  })
}
