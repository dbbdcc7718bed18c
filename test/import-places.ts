// A folder at every provider into which a test puts files as their owner does, to be imported from there.
import mime from 'mime'
import type { Item } from './conformance/scene.ts'
import { driveOf } from './drive.ts'
import type { Slipway } from './harness.ts'
import { openDrive, VENDOR_DRIVES } from './vendor-drives.ts'

export interface ImportPlace {
  readonly connectionId: string
  /** The folder's id in the API. */
  readonly folderId: string
  /** The names from the chosen folder downwards, and the file's bytes. Folders are made; a file that is there gets another version. */
  readonly put: (names: readonly string[], bytes: string | Buffer) => Promise<void>
  /** Files that stand for the folders themselves: pages, in a wiki. */
  readonly pages: readonly string[]
}

export const PROVIDERS = [...VENDOR_DRIVES.map(({ provider }) => provider), 'r2'] as const

/** `user` is connected, and has an empty folder of this name. */
export async function openPlace(
  app: Slipway,
  provider: string,
  user: string,
  folder: string,
): Promise<ImportPlace> {
  if (provider === 'confluence') return openSpace(app, user, folder)
  const vendor = VENDOR_DRIVES.find((one) => one.provider === provider)
  const drive =
    vendor === undefined
      ? { ...driveOf(user, () => ({ app, id: provider })), id: provider, home: 'root' }
      : await openDrive(app, user, vendor)
  const make = async (parent: string, name: string) => {
    const response = await drive.call('/folders', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ parent_id: parent, name }),
    })
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
    return ((await response.json()) as Item).id
  }
  const folderId = await make(drive.home, folder)
  const made = new Map([['', folderId]])
  return {
    connectionId: drive.id,
    folderId,
    pages: [],
    put: async (names, bytes) => {
      let at = folderId
      for (let depth = 1; depth < names.length; depth++) {
        const path = names.slice(0, depth).join('/')
        const known = made.get(path) ?? (await make(at, names[depth - 1] ?? ''))
        made.set(path, known)
        at = known
      }
      const name = names.at(-1) ?? ''
      const query = new URLSearchParams({ parent_id: at, name, conflict: 'replace' })
      const response = await drive.call(`/content?${query}`, {
        method: 'PUT',
        body: bytes as BodyInit,
      })
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
      await response.text()
    },
  }
}

/** Confluence is read only: pages for folders, attachments for files, made at the vendor. */
async function openSpace(app: Slipway, user: string, folder: string): Promise<ImportPlace> {
  const { confluence } = app.emulators
  const vendor = VENDOR_DRIVES.find((one) => one.provider === 'confluence')
  if (vendor === undefined) throw new Error('no Confluence')
  const space = confluence.spaceId('ann@acme.example', 'DOCS')
  const home = confluence.find('Home').id
  const top = confluence.addPage(space, home, folder, `<p>Page ${folder}</p>`)
  const drive = await openDrive(app, user, vendor)
  const made = new Map([['', top]])
  const pages = [folder]
  return {
    connectionId: drive.id,
    folderId: (await drive.find(folder, drive.home)).id,
    pages,
    put: (names, bytes) => {
      let at = top
      for (let depth = 1; depth < names.length; depth++) {
        const path = names.slice(0, depth).join('/')
        const title = names[depth - 1] ?? ''
        const known =
          made.get(path) ??
          confluence.addPage(space, at, `${folder} ${title}`, `<p>Page ${path}</p>`)
        if (!made.has(path)) pages.push(`${folder} ${title}`)
        made.set(path, known)
        at = known
      }
      const name = names.at(-1) ?? ''
      confluence.addAttachment(at, name, bytes, mime.getType(name) ?? 'application/octet-stream')
      return Promise.resolve()
    },
  }
}
