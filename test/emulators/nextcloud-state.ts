// Holds what a Nextcloud server remembers: homes, bins, upload folders, app passwords and logins on their way.
import { createFolder, detach, nextVersion, type DavFolder, type DavNode } from './dav-tree.ts'
import type { Content } from './content.ts'
import { defaultSettings, type NextcloudSettings } from './nextcloud-settings.ts'

export interface NextcloudAccount {
  /** The user id, as it stands in DAV paths. */
  readonly id: string
  /** What the user signs in with, and what Login Flow v2 hands out. */
  readonly loginName: string
  readonly email: string
  readonly displayName: string
  readonly password: string
}

export interface AppPassword {
  readonly user: string
  readonly loginName: string
  /** The User-Agent that asked for it. */
  readonly name: string
  password: string
}

/** A login between its start and the one poll that fetches it. */
export interface LoginFlow {
  readonly pollToken: string
  readonly loginToken: string
  readonly client: string
  /** The base that the app password is for. */
  readonly server: string
  readonly startedAt: number
  granted?: { readonly server: string; readonly loginName: string; readonly appPassword: string }
}

export interface UploadFolder {
  readonly name: string
  readonly version: 'v1' | 'v2'
  /** By name in v1, by number in v2. */
  readonly parts: Map<string, { readonly content: Content; readonly modified: Date }>
  usedAt: number
  assembling: boolean
  /** The distributed cache has forgotten it. */
  forgotten: boolean
}

export interface TrashItem {
  /** The name in the bin: the original one and the time. */
  readonly name: string
  readonly node: DavNode
  /** Below the home, without a leading slash. */
  readonly location: string
  readonly deletedAt: number
}

/** What Nextcloud knows of a node beside name, time and bytes. */
export interface NodeTraits {
  readonly fileId: number
  checksum?: string
  /** Unix seconds that the client named with X-OC-CTime. */
  createdAt?: number
  uploadedAt: number
  encrypted?: boolean
  mount?: { readonly type: 'shared' | 'external'; readonly readOnly: boolean; owner?: string }
}

export interface NextcloudState {
  readonly settings: NextcloudSettings
  readonly accounts: readonly NextcloudAccount[]
  readonly homes: Map<string, DavFolder>
  readonly bins: Map<string, TrashItem[]>
  readonly uploads: Map<string, Map<string, UploadFolder>>
  readonly appPasswords: Set<AppPassword>
  readonly flows: Set<LoginFlow>
  /** Failed logins of the one subnet that there is. */
  readonly failures: { at: number; name: string }[]
  readonly traitsOf: (node: DavNode) => NodeTraits
  readonly home: (user: string) => DavFolder
  readonly reset: () => void
}

/** An empty server for these accounts; `reset` empties it again. */
export function createState(accounts: readonly NextcloudAccount[]): NextcloudState {
  let traits = new WeakMap<DavNode, NodeTraits>()
  let lastFileId = 0
  const state: NextcloudState = {
    settings: defaultSettings(),
    accounts,
    homes: new Map(),
    bins: new Map(),
    uploads: new Map(),
    appPasswords: new Set(),
    flows: new Set(),
    failures: [],
    traitsOf: (node) => {
      const known = traits.get(node)
      if (known) return known
      lastFileId += 1
      const uploadedAt = Math.floor(state.settings.now() / 1000)
      const added: NodeTraits = { fileId: lastFileId, uploadedAt }
      traits.set(node, added)
      return added
    },
    home: (user) => {
      const found = state.homes.get(user)
      if (!found) throw new Error(`The Nextcloud emulator has no user ${user}`)
      return found
    },
    reset: () => {
      Object.assign(state.settings, defaultSettings())
      for (const home of state.homes.values()) detach(home)
      for (const bin of state.bins.values()) for (const { node } of bin) detach(node)
      for (const folders of state.uploads.values()) {
        for (const folder of folders.values()) discardUpload(folder)
      }
      traits = new WeakMap()
      lastFileId = 0
      for (const { id } of accounts) {
        state.homes.set(id, createFolder(''))
        state.bins.set(id, [])
        state.uploads.set(id, new Map())
      }
      state.appPasswords.clear()
      state.flows.clear()
      state.failures.length = 0
    },
  }
  state.reset()
  return state
}

/** Lets the bytes of an upload folder go. */
export function discardUpload(folder: UploadFolder): void {
  for (const { content } of folder.parts.values()) content.discard()
  folder.parts.clear()
}

/**
 * A change shows in the ETag and the time of every folder above it:
 * https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/basic.html
 */
export function propagate(node: DavNode | undefined): void {
  for (let at = node; at; at = at.parent) {
    at.version = nextVersion()
    if (at.kind === 'folder') at.modified = new Date()
  }
}
