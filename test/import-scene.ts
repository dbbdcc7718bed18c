// A user whose drive has one folder of files, and an import of it: what the tests of interruptions begin with.
import { expect } from 'vitest'
import { connect, connectWebdav } from './connect.ts'
import type { Slipway } from './harness.ts'
import type { ExpectedFile } from './import-judge.ts'
import { findItem, startImport, until, type ImportOrder } from './imports.ts'
import type { Mortal } from './mortal.ts'
import { sha256 } from './sha256.ts'

export const ANN = 'ann@example.com'

export interface Scene {
  readonly user: string
  readonly connectionId: string
  /** The folder's name at the provider, which is the user's. */
  readonly folder: string
  /** The vendor's ids, where it has any. */
  readonly ids: ReadonlyMap<string, string>
  readonly files: readonly ExpectedFile[]
  readonly start: (order?: Partial<ImportOrder>) => Promise<string>
}

/** A short text with words that stand in no other. */
export const textOf = (name: string, at: number) =>
  `The ${name.replace(/\W/g, ' ')} tells of lantern${at}q and of nothing else.\n`

export const phraseOf = (at: number) => `lantern${at}q`

/** @param sizes bytes of further files, by name, in which there is no text. */
export async function sceneAt(
  app: Slipway,
  provider: 'webdav' | 'google_drive',
  user: string,
  texts: number,
  sizes: Readonly<Record<string, number>> = {},
): Promise<Scene> {
  const { dav, google } = app.emulators
  const folderId = provider === 'webdav' ? '' : google.addFolder(ANN, 'root', user)
  const ids = new Map<string, string>()
  const add = async (name: string, content: string | number): Promise<ExpectedFile> => {
    const size = typeof content === 'number' ? content : Buffer.byteLength(content)
    if (provider === 'webdav') dav.addFile('mia', `/${user}/${name}`, content)
    else ids.set(name, google.addFile(ANN, folderId, name, content))
    const hash =
      typeof content === 'string'
        ? sha256(Buffer.from(content))
        : await (provider === 'webdav'
            ? dav.sha256('mia', `/${user}/${name}`)
            : google.sha256(ids.get(name) ?? ''))
    return { name, size, sha256: hash }
  }
  const files: ExpectedFile[] = []
  for (let at = 0; at < texts; at++) {
    const name = `text-${String(at).padStart(2, '0')}.txt`
    files.push({ ...(await add(name, textOf(`${user} ${name}`, at))), phrase: phraseOf(at) })
  }
  for (const [name, size] of Object.entries(sizes)) files.push(await add(name, size))
  const { id: connectionId } =
    provider === 'webdav'
      ? await connectWebdav(app, user)
      : await connect(app, user, 'google_drive')
  return {
    user,
    connectionId,
    folder: user,
    ids,
    files,
    start: async (order = {}) => {
      const item = await findItem(app, user, connectionId, user)
      return startImport(app, user, {
        connection_id: connectionId,
        items: [{ id: item }],
        ...order,
      })
    },
  }
}

/**
 * No message of the import is under way, and the clock sends none. A queue gives out its messages in order: when one that was sent
 * now has come, so have those before it.
 */
export async function expectNoMessage(app: Slipway, mortal: Mortal, id: string): Promise<void> {
  await until(() => !mortal.isAtWork(id), `the end of the slice of ${id}`)
  const before = mortal.livesOf(id).length
  await app.runCron('* * * * *')
  const marker = `marker-${crypto.randomUUID()}`
  await app.sendMessage({ import_id: marker })
  await until(() => mortal.livesOf(marker).some(({ how }) => how !== 'at work'), marker)
  expect(mortal.livesOf(id).length).toBe(before)
}
