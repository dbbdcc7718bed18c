// A strict Nextcloud server below /nextcloud/, and at an origin of its own: files, chunked upload v2, Login Flow v2, OCS.
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import {
  attach,
  createFile,
  createFolder,
  findNode,
  splitPath,
  type DavFile,
  type DavFolder,
  type DavNode,
} from './dav-tree.ts'
import { createDoor, WEB_ROOT, type NextcloudLogEntry } from './nextcloud-door.ts'
import { findFlow, grant } from './nextcloud-login.ts'
import type { NextcloudSettings } from './nextcloud-settings.ts'
import {
  createState,
  propagate,
  type AppPassword,
  type NextcloudAccount,
  type NextcloudState,
} from './nextcloud-state.ts'
import { uploadsOf } from './nextcloud-upload-folders.ts'
import { researchFiles } from './research-files.ts'
import type { Vendor } from './vendor.ts'

export interface NextcloudItem {
  readonly name: string
  readonly kind: 'file' | 'folder'
  /** Bytes; 0 for a folder. */
  readonly size: number
  readonly fileId: number
  readonly modified: Date
  /** As the client sent it with OC-Checksum. */
  readonly checksum: string | undefined
}

export interface NextcloudEmulator extends Vendor {
  readonly settings: NextcloudSettings
  /** Each has a home of its own; the login name need not be the id. */
  readonly users: readonly NextcloudAccount[]
  /** Requests since the start or `reset()`, the oldest first. */
  readonly requests: NextcloudLogEntry[]
  /** The path of the server on the emulators' server. */
  readonly webRoot: string
  /** Starts a listener with the web root at `/` and resolves to its origin; the state is the same. */
  ownOrigin: () => Promise<string>
  /** Names of the open upload folders of all users. */
  sessions: () => string[]
  /** Bytes of the parts in each of them, the newest last. */
  kept: () => number[]
  /** The server's cache loses what it knows of open uploads: v2 answers 412 from now on. */
  forgetSessions: () => void
  appPasswords: () => readonly AppPassword[]
  /** What a user does in the security settings: every app password of the account is gone. */
  revokeAppPasswords: (user: string) => void
  /** What a user does on the login page. Takes the login URL, or one of the two tokens; throws when there is no such login. */
  approveLogin: (login: string, user?: string) => void
  denyLogin: (login: string) => void
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
  item: (user: string, path: string) => NextcloudItem | undefined
  /** What is in a folder, in the order of arrival; throws when there is none. */
  children: (user: string, path: string) => NextcloudItem[]
  /** Original paths of what is in the bin. */
  trash: (user: string) => string[]
  content: (user: string, path: string) => Promise<Buffer>
  /** Lower-case hex. */
  sha256: (user: string, path: string) => Promise<string>
  /** Stops the listener of `ownOrigin`. */
  close: () => Promise<void>
}

const users: readonly NextcloudAccount[] = [
  {
    id: 'mia',
    loginName: 'mia',
    email: 'mia@example.com',
    displayName: 'Mia Keller',
    password: 'secret',
  },
  {
    id: 'ida',
    loginName: 'ida@example.com',
    email: 'ida@example.com',
    displayName: 'Ida Östberg',
    password: 'pässwörd:1',
  },
  {
    id: 'full',
    loginName: 'full',
    email: 'full@example.com',
    displayName: 'Fulvia Lleno',
    password: 'secret',
  },
]

/** A Nextcloud server with seeded homes for `mia`, `ida` and `full`; served once it is mounted. */
export function createNextcloud(): NextcloudEmulator {
  const state = createState(users)
  const door = createDoor(state)

  const node = (user: string, path: string): DavNode => {
    const found = findNode(state.home(user), splitPath(path))
    if (!found) throw new Error(`The Nextcloud emulator has no ${path} of ${user}`)
    return found
  }
  const file = (user: string, path: string): DavFile => {
    const found = node(user, path)
    if (found.kind !== 'file') throw new Error(`${path} of ${user} is a folder`)
    return found
  }
  const ensureFolder = (user: string, segments: readonly string[]): DavFolder => {
    let at = state.home(user)
    for (const name of segments) {
      const next = at.children.get(name) ?? createFolder(name)
      if (next.kind === 'file') throw new Error(`${name} is a file`)
      if (!next.parent) attach(at, next)
      at = next
    }
    return at
  }
  const describe = (of: DavNode): NextcloudItem => {
    const { fileId, checksum } = state.traitsOf(of)
    const { name, kind, modified } = of
    return {
      name,
      kind,
      modified,
      fileId,
      checksum,
      size: of.kind === 'file' ? of.content.size : 0,
    }
  }
  const flow = (login: string) => {
    const found = findFlow(state, login)
    if (!found || found.granted) throw new Error('The Nextcloud emulator has no such login')
    return found
  }

  const emulator: NextcloudEmulator = {
    name: 'nextcloud',
    hosts: [],
    settings: state.settings,
    users,
    requests: door.requests,
    webRoot: WEB_ROOT,
    mount: door.mount,
    ownOrigin: door.ownOrigin,
    reset: () => {
      state.reset()
      door.requests.length = 0
      seed(emulator, state)
    },
    sessions: () => users.flatMap(({ id }) => [...uploadsOf(state, id).keys()]),
    kept: () =>
      users
        .flatMap(({ id }) => [...uploadsOf(state, id).values()])
        .map(({ parts }) => [...parts.values()].reduce((sum, one) => sum + one.content.size, 0)),
    forgetSessions: () => {
      for (const folders of state.uploads.values()) {
        for (const folder of folders.values()) folder.forgotten = true
      }
    },
    appPasswords: () => [...state.appPasswords],
    revokeAppPasswords: (user) => {
      for (const one of state.appPasswords) if (one.user === user) state.appPasswords.delete(one)
    },
    approveLogin: (login, user = 'mia') => {
      const account = users.find(({ id, loginName }) => id === user || loginName === user)
      if (!account) throw new Error(`The Nextcloud emulator has no user ${user}`)
      grant(state, flow(login), account)
    },
    denyLogin: (login) => void state.flows.delete(flow(login)),
    addFolder: (user, path) => propagate(ensureFolder(user, splitPath(path))),
    addFile: (user, path, content, modified) => {
      const segments = splitPath(path)
      const name = segments.pop()
      if (name === undefined) throw new Error('A file needs a name')
      const bytes =
        typeof content === 'number' ? contentOfSize(content) : contentOfBytes(Buffer.from(content))
      const added = createFile(name, bytes)
      if (modified) added.modified = modified
      const parent = ensureFolder(user, segments)
      attach(parent, added)
      propagate(parent)
    },
    addMany: (user, path, count) => {
      const folder = ensureFolder(user, splitPath(path))
      for (let index = 0; index < count; index += 1) {
        const name = `item-${String(index).padStart(5, '0')}.txt`
        attach(folder, createFile(name, contentOfSize(16)))
      }
      propagate(folder)
    },
    item: (user, path) => {
      const found = findNode(state.home(user), splitPath(path))
      return found && describe(found)
    },
    children: (user, path) => {
      const folder = node(user, path)
      if (folder.kind !== 'folder') throw new Error(`${path} of ${user} is a file`)
      return [...folder.children.values()].map(describe)
    },
    trash: (user) => (state.bins.get(user) ?? []).map(({ location }) => `/${location}`),
    content: (user, path) => readAll(file(user, path).content),
    sha256: (user, path) => hashContent(file(user, path).content),
    close: door.close,
  }

  emulator.reset()
  return emulator
}

function seed(nextcloud: NextcloudEmulator, state: NextcloudState): void {
  nextcloud.addFile('mia', '/Readme.md', '# Welcome to your cloud\n')
  nextcloud.addFile('mia', '/Documents/notes.txt', 'Milk, bread, butter\n')
  nextcloud.addFile('mia', '/Documents/report.pdf', 250_000)
  nextcloud.addFile('mia', '/Documents/2026/Q1/plan.txt', 'First quarter\n')
  nextcloud.addFile('mia', '/Documents/2026/Q1/budget.bin', 1_500_000)
  nextcloud.addFile('mia', '/Odd names/100% sure.txt', 'percent\n')
  nextcloud.addFile('mia', '/Odd names/%41 is not A.txt', 'an escape\n')
  nextcloud.addFile('mia', '/Odd names/a + b.txt', 'plus\n')
  nextcloud.addFile('mia', '/Odd names/#1 hit.txt', 'hash\n')
  nextcloud.addFile('mia', '/Odd names/Grüße 🚢 & (more); what?.txt', 'non-ASCII\n')
  nextcloud.addFile('mia', '/Photos/harbour.jpg', 1_500_000)
  nextcloud.addFolder('mia', '/Empty')
  for (const { name, bytes } of researchFiles()) {
    nextcloud.addFile('mia', `/Research/${name}`, bytes)
  }
  nextcloud.addFile('mia', '/Research/Older/archive.txt', 'The archived heron sleeps.\n')
  // What a client without the keys sees of an end-to-end encrypted folder.
  nextcloud.addFile('mia', '/Private/6d1f0e5c2b9a4c3d8e7f6a5b4c3d2e1f', 4_096)
  nextcloud.addFile('mia', '/From Ida/shared.txt', 'look, do not touch\n')
  nextcloud.addFile('mia', '/Harbour archive/1999.txt', 'on another storage\n')
  nextcloud.addFile('ida', '/only-ida.txt', 'private\n')
  nextcloud.addFile('full', '/film.bin', 23 * 1024 * 1024)

  const traits = (path: string) => {
    const found = findNode(state.home('mia'), splitPath(path))
    if (!found) throw new Error(`${path} is not seeded`)
    return state.traitsOf(found)
  }
  traits('/Private').encrypted = true
  traits('/From Ida').mount = { type: 'shared', readOnly: true, owner: 'ida' }
  traits('/Harbour archive').mount = { type: 'external', readOnly: false }
}
