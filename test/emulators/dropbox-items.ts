// Files and folders of the emulated Dropbox: an id that stays, names below a parent, and revisions of the bytes.
import { randomBytes } from 'node:crypto'
import type { Content } from './content.ts'
import { contentHash } from './dropbox-hash.ts'

export interface DropboxRevision {
  readonly rev: string
  readonly content: Content
  readonly clientModified: string
  readonly serverModified: string
  hash?: string
}

/** A document that cannot be downloaded, and the formats it is exported to. */
export interface ExportRule {
  readonly exportAs: string
  readonly options?: readonly string[]
}

export interface DropboxItem {
  readonly id: string
  readonly kind: 'file' | 'folder'
  name: string
  namespace: string
  /** None for the root of a namespace. */
  parent: DropboxItem | undefined
  /** By name in lower case. */
  readonly children: Map<string, DropboxItem>
  /** Names of what was here and has not come back, by name in lower case. */
  readonly deleted: Map<string, string>
  /** The oldest first; none for folders. */
  readonly revisions: DropboxRevision[]
  /** The namespace that shows itself in this folder. */
  readonly mounts?: string
  readonly exports?: ExportRule
  readonly addedAt: number
}

/** Made-up files larger than this have no `content_hash`, which is optional. */
const HASHED = 512 * 1024 * 1024

let revisionCount = 0

export function newRevision(
  content: Content,
  hash: string | undefined,
  clientModified: string | undefined,
): DropboxRevision {
  revisionCount += 1
  const serverModified = toSeconds(Date.now())
  return {
    rev: `0${revisionCount.toString(16).padStart(6, '0')}${randomBytes(5).toString('hex')}`,
    content,
    serverModified,
    clientModified: clientModified ?? serverModified,
    ...(hash === undefined ? {} : { hash }),
  }
}

export function newItem(
  kind: DropboxItem['kind'],
  name: string,
  namespace: string,
  parent: DropboxItem | undefined,
): DropboxItem {
  return {
    id: `id:${randomBytes(16).toString('base64url').slice(0, 22)}`,
    kind,
    name,
    namespace,
    parent,
    children: new Map(),
    deleted: new Map(),
    revisions: [],
    addedAt: Date.now(),
  }
}

/** Undefined for what is too large to be read for it. */
export async function hashOf(revision: DropboxRevision): Promise<string | undefined> {
  if (revision.content.size <= HASHED) revision.hash ??= await contentHash(revision.content)
  return revision.hash
}

/** Times have no fraction of a second. */
const toSeconds = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
