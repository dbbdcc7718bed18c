// A strict WebDAV server below /dav-server/ that can be switched to the oddities of real ones.
import { createGate } from './dav-auth.ts'
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import { mountDav, type DavLogEntry } from './dav-door.ts'
import { defaultSettings, type DavSettings } from './dav-settings.ts'
import { createTrap, type Leak } from './dav-trap.ts'
import {
  attach,
  createFile,
  createFolder,
  findNode,
  splitPath,
  walkFiles,
  type DavFile,
  type DavFolder,
  type DavNode,
} from './dav-tree.ts'
import { researchFiles } from './research-files.ts'
import type { Vendor } from './vendor.ts'

export interface DavEntry {
  readonly name: string
  readonly kind: 'file' | 'folder'
  /** Bytes; 0 for a folder. */
  readonly size: number
}

export interface DavEmulator extends Vendor {
  readonly settings: DavSettings
  /** The users and their passwords; each has a tree of its own. */
  readonly users: readonly { readonly name: string; readonly password: string }[]
  /** Requests since the start or `reset()`, the oldest first. */
  readonly requests: DavLogEntry[]
  /** How often credentials were right and wrong (a challenge without credentials counts as neither). */
  readonly logins: { right: number; wrong: number }
  /** What arrived at the other origin with secrets, and all that arrived (`settings.redirect = {to: 'trap'}`). */
  readonly leaks: readonly Leak[]
  readonly visits: readonly Leak[]
  /** Adds a folder and the ones above it. */
  addFolder: (user: string, path: string) => void
  /** Adds or replaces a file; a number is a size, whose bytes are made up when read. */
  addFile: (
    user: string,
    path: string,
    content: Uint8Array | string | number,
    modified?: Date,
  ) => void
  /** Adds files `item-00000.txt` and on, of 16 bytes each, to a folder. */
  addMany: (user: string, path: string, count: number) => void
  /** What is in a folder, in the order of arrival; throws when there is none. */
  list: (user: string, path: string) => DavEntry[]
  content: (user: string, path: string) => Promise<Buffer>
  /** Lower-case hex. */
  sha256: (user: string, path: string) => Promise<string>
  exists: (user: string, path: string) => boolean
  /** Stops the other origin's listener. */
  close: () => Promise<void>
}

const users = [
  { name: 'mia', password: 'secret' },
  { name: 'noel', password: 'pässwörd:1' },
] as const

/** A WebDAV server with seeded trees for `mia` and `noel`; served once it is mounted. */
export function createDav(): DavEmulator {
  const settings = defaultSettings()
  const requests: DavLogEntry[] = []
  const logins = { right: 0, wrong: 0 }
  const trees = new Map<string, DavFolder>()
  const gate = createGate(users, settings)
  const trap = createTrap()

  const tree = (user: string): DavFolder => {
    const root = trees.get(user)
    if (!root) throw new Error(`The DAV emulator has no user ${user}`)
    return root
  }
  const node = (user: string, path: string): DavNode => {
    const found = findNode(tree(user), splitPath(path))
    if (!found) throw new Error(`The DAV emulator has no ${path} of ${user}`)
    return found
  }
  const file = (user: string, path: string): DavFile => {
    const found = node(user, path)
    if (found.kind !== 'file') throw new Error(`${path} of ${user} is a folder`)
    return found
  }
  const ensureFolder = (user: string, segments: readonly string[]): DavFolder => {
    let at = tree(user)
    for (const name of segments) {
      const next = at.children.get(name) ?? createFolder(name)
      if (next.kind === 'file') throw new Error(`${name} is a file`)
      if (!next.parent) attach(at, next)
      at = next
    }
    return at
  }

  const emulator: DavEmulator = {
    name: 'dav',
    hosts: [],
    settings,
    users,
    requests,
    logins,
    leaks: trap.leaks,
    visits: trap.visits,
    mount: (app) => mountDav(app, { settings, requests, logins, gate, trap, tree }),
    reset: () => {
      Object.assign(settings, defaultSettings())
      for (const root of trees.values()) {
        for (const old of walkFiles(root)) old.content.discard()
      }
      requests.length = 0
      logins.right = 0
      logins.wrong = 0
      gate.reset()
      trap.reset()
      for (const { name } of users) trees.set(name, createFolder(''))
      seed(emulator)
    },
    addFolder: (user, path) => void ensureFolder(user, splitPath(path)),
    addFile: (user, path, content, modified) => {
      const segments = splitPath(path)
      const name = segments.pop()
      if (name === undefined) throw new Error('A file needs a name')
      const bytes =
        typeof content === 'number' ? contentOfSize(content) : contentOfBytes(Buffer.from(content))
      const added = createFile(name, bytes)
      if (modified) added.modified = modified
      attach(ensureFolder(user, segments), added)
    },
    addMany: (user, path, count) => {
      const folder = ensureFolder(user, splitPath(path))
      for (let index = 0; index < count; index += 1) {
        const name = `item-${String(index).padStart(5, '0')}.txt`
        attach(folder, createFile(name, contentOfSize(16)))
      }
    },
    list: (user, path) => {
      const folder = node(user, path)
      if (folder.kind !== 'folder') throw new Error(`${path} of ${user} is a file`)
      return [...folder.children.values()].map((child) => ({
        name: child.name,
        kind: child.kind,
        size: child.kind === 'file' ? child.content.size : 0,
      }))
    },
    content: (user, path) => readAll(file(user, path).content),
    sha256: (user, path) => hashContent(file(user, path).content),
    exists: (user, path) => findNode(tree(user), splitPath(path)) !== undefined,
    close: () => trap.close(),
  }

  emulator.reset()
  return emulator
}

function seed(dav: DavEmulator): void {
  dav.addFile('mia', '/welcome.txt', 'Hello from a WebDAV server.\n')
  dav.addFile('mia', '/Documents/report.pdf', 250_000)
  dav.addFile('mia', '/Documents/notes.txt', 'Milk, bread, butter\n')
  dav.addFile('mia', '/Documents/100% "sure" #1 & 2?.txt', 'odd names\n')
  dav.addFile('mia', '/Documents/Grüße 🚢 + tea; (1).txt', 'more odd names\n')
  dav.addFolder('mia', '/Photos/2026/')
  dav.addFile('mia', '/Photos/harbour.jpg', 1_500_000)
  for (const { name, bytes } of researchFiles()) dav.addFile('mia', `/Research/${name}`, bytes)
  dav.addFile('mia', '/Research/Older/archive.txt', 'The archived heron sleeps.\n')
  dav.addFile('noel', '/only-noel.txt', 'private\n')
}
