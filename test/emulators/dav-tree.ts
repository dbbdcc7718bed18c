// Keeps one user's folders and files and answers where a path leads; knows nothing of HTTP.
import type { Content } from './content.ts'

interface Entry {
  name: string
  parent: DavFolder | undefined
  created: Date
  modified: Date
  /** Changes with every write: the opaque part of the ETag. */
  version: string
}

export interface DavFolder extends Entry {
  readonly kind: 'folder'
  readonly children: Map<string, DavNode>
}

export interface DavFile extends Entry {
  readonly kind: 'file'
  content: Content
}

export type DavNode = DavFolder | DavFile

let versions = 0

/** A value no earlier node or write had. */
export function nextVersion(): string {
  versions += 1
  return `${versions.toString(16).padStart(6, '0')}-${(versions * 2654435761).toString(36)}`
}

/** An empty folder that hangs nowhere. */
export function createFolder(name: string): DavFolder {
  const now = new Date()
  return {
    kind: 'folder',
    name,
    parent: undefined,
    created: now,
    modified: now,
    version: nextVersion(),
    children: new Map(),
  }
}

/** A file that hangs nowhere. */
export function createFile(name: string, content: Content): DavFile {
  const now = new Date()
  return {
    kind: 'file',
    name,
    parent: undefined,
    created: now,
    modified: now,
    version: nextVersion(),
    content,
  }
}

/** The node at a path, or undefined; [] is the root itself. */
export function findNode(root: DavFolder, segments: readonly string[]): DavNode | undefined {
  let node: DavNode | undefined = root
  for (const segment of segments) {
    if (node?.kind !== 'folder') return undefined
    node = node.children.get(segment)
  }
  return node
}

/** Hangs a node into a folder, in the place of one of the same name. */
export function attach(parent: DavFolder, node: DavNode): void {
  const old = parent.children.get(node.name)
  if (old && old !== node) detach(old)
  node.parent = parent
  parent.children.set(node.name, node)
  touch(parent)
}

/** Takes a node out of its folder and lets its contents go. */
export function detach(node: DavNode, keep = false): void {
  if (node.parent) {
    node.parent.children.delete(node.name)
    touch(node.parent)
    node.parent = undefined
  }
  if (!keep) for (const file of walkFiles(node)) file.content.discard()
}

/** Copies a node; `shallow` copies a folder without what is in it (RFC 4918 section 9.8.3). */
export function copyNode(node: DavNode, name: string, shallow: boolean): DavNode {
  if (node.kind === 'file') return createFile(name, node.content.share())
  const copy = createFolder(name)
  if (!shallow) {
    for (const child of node.children.values()) attach(copy, copyNode(child, child.name, false))
  }
  return copy
}

/** All files at and below a node. */
export function* walkFiles(node: DavNode): Generator<DavFile> {
  if (node.kind === 'file') yield node
  else for (const child of node.children.values()) yield* walkFiles(child)
}

/** Bytes of all files at and below a node. */
export function sumBytes(node: DavNode): number {
  let bytes = 0
  for (const file of walkFiles(node)) bytes += file.content.size
  return bytes
}

/** Segments of a path as a person writes it (`/docs/a b.txt`), without the empty ones. */
export function splitPath(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** The path of a node from its root, `/` for the root itself. */
export function pathOf(node: DavNode): string {
  const segments: string[] = []
  for (let at = node; at.parent; at = at.parent) segments.unshift(at.name)
  return `/${segments.join('/')}`
}

function touch(folder: DavFolder): void {
  folder.modified = new Date()
  folder.version = nextVersion()
}
