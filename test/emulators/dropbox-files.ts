// The namespaces of the emulated Dropbox, what is in them, and everything that has ever changed there.
import type { Content } from './content.ts'
import {
  newItem,
  newRevision,
  type DropboxItem,
  type DropboxRevision,
  type ExportRule,
} from './dropbox-items.ts'

export interface Namespace {
  readonly id: string
  readonly root: DropboxItem
  /** Accounts, and whether they may write. */
  readonly members: ReadonlyMap<string, boolean>
  /** Whose quota is charged. */
  readonly owner: string
}

export interface Change {
  readonly namespace: string
  /** Names from the namespace's root down. */
  readonly segments: readonly string[]
  /** Undefined when what was there is gone. */
  readonly item: DropboxItem | undefined
}

interface NewItem {
  readonly parent: DropboxItem
  readonly name: string
  readonly content?: Content
  readonly hash?: string
  readonly clientModified?: string | undefined
  readonly mounts?: string
  readonly exports?: ExportRule
}

/** Older ones are forgotten, with their bytes. */
const KEPT_REVISIONS = 20
export class DropboxFiles {
  readonly items = new Map<string, DropboxItem>()
  readonly namespaces = new Map<string, Namespace>()
  readonly changes: Change[] = []
  readonly #revisions = new Map<string, DropboxItem>()
  readonly #mounts = new Set<DropboxItem>()

  clear(): void {
    for (const { revisions } of this.items.values())
      for (const { content } of revisions) content.discard()
    this.items.clear()
    this.namespaces.clear()
    this.#revisions.clear()
    this.#mounts.clear()
    this.changes.length = 0
  }

  addNamespace(
    id: string,
    owner: string,
    members: readonly (readonly [string, boolean])[],
  ): Namespace {
    const root = newItem('folder', '', id, undefined)
    const namespace = { id, root, owner, members: new Map(members) }
    this.items.set(root.id, root)
    this.namespaces.set(id, namespace)
    return namespace
  }

  /** Where the children of a folder are: in the namespace that it shows, if it shows one. */
  inside(folder: DropboxItem): DropboxItem {
    const mounted = folder.mounts === undefined ? undefined : this.namespaces.get(folder.mounts)
    return mounted?.root ?? folder
  }

  childrenOf(folder: DropboxItem): DropboxItem[] {
    return [...this.inside(folder).children.values()]
  }

  child(folder: DropboxItem, name: string): DropboxItem | undefined {
    return this.inside(folder).children.get(name.toLowerCase())
  }

  /** A file when there is content, else a folder. */
  put(made: NewItem): DropboxItem {
    const parent = this.inside(made.parent)
    const kind = made.content === undefined ? 'folder' : 'file'
    const { mounts, exports: rule } = made
    const item: DropboxItem = {
      ...newItem(kind, made.name, parent.namespace, parent),
      ...(mounts === undefined ? {} : { mounts }),
      ...(rule === undefined ? {} : { exports: rule }),
    }
    this.items.set(item.id, item)
    if (mounts !== undefined) this.#mounts.add(item)
    this.#attach(item, parent)
    if (made.content !== undefined)
      this.#addRevision(item, made.content, made.hash, made.clientModified)
    this.#record(item)
    return item
  }

  /** New bytes: a new revision. */
  write(item: DropboxItem, content: Content, hash: string, clientModified?: string): void {
    this.#addRevision(item, content, hash, clientModified)
    this.#record(item)
  }

  move(item: DropboxItem, to: DropboxItem, name: string): void {
    this.#recordGone(item)
    this.#detach(item)
    item.name = name
    const parent = this.inside(to)
    item.parent = parent
    this.#attach(item, parent)
    for (const one of this.within(item)) {
      one.namespace = parent.namespace
      this.#record(one)
    }
  }

  copy(item: DropboxItem, to: DropboxItem, name: string): DropboxItem {
    const latest = item.revisions.at(-1)
    const made = this.put({
      parent: to,
      name,
      ...(item.exports === undefined ? {} : { exports: item.exports }),
      ...(latest === undefined
        ? {}
        : {
            content: latest.content.share(),
            clientModified: latest.clientModified,
            ...(latest.hash === undefined ? {} : { hash: latest.hash }),
          }),
    })
    for (const child of this.childrenOf(item)) this.copy(child, made, child.name)
    return made
  }

  remove(item: DropboxItem): void {
    this.#recordGone(item)
    this.#detach(item)
    for (const one of this.within(item)) {
      for (const { rev, content } of one.revisions) {
        this.#revisions.delete(rev)
        content.discard()
      }
      this.items.delete(one.id)
      this.#mounts.delete(one)
    }
  }

  byRevision(rev: string): { item: DropboxItem; revision: DropboxRevision } | undefined {
    const item = this.#revisions.get(rev)
    const revision = item?.revisions.find((one) => one.rev === rev)
    return item === undefined || revision === undefined ? undefined : { item, revision }
  }

  /** The item and all that is below it in its own namespace. */
  within(item: DropboxItem): DropboxItem[] {
    return [item, ...[...item.children.values()].flatMap((child) => this.within(child))]
  }

  /** All that is below a folder, through the namespaces that show themselves there. */
  below(folder: DropboxItem): DropboxItem[] {
    return this.childrenOf(folder).flatMap((item) => [item, ...this.below(item)])
  }

  /** Where a namespace shows itself below another one. */
  mountOf(id: string, root: string): DropboxItem | undefined {
    return [...this.#mounts].find(
      (mount) => mount.mounts === id && this.segments(mount, root) !== undefined,
    )
  }

  /** Names from the root of a namespace down; undefined when the item is not below it. */
  segments(item: DropboxItem, root: string): string[] | undefined {
    if (item.parent !== undefined) {
      const above = this.segments(item.parent, root)
      return above === undefined ? undefined : [...above, item.name]
    }
    if (item.namespace === root) return []
    for (const mount of this.#mounts) {
      if (mount.mounts !== item.namespace) continue
      const segments = this.segments(mount, root)
      if (segments !== undefined) return segments
    }
    return undefined
  }

  used(owner: string): number {
    let used = 0
    for (const namespace of this.namespaces.values())
      if (namespace.owner === owner) used += this.usedIn(namespace.id)
    return used
  }

  usedIn(id: string): number {
    const root = this.namespaces.get(id)?.root
    const all = root === undefined ? [] : this.within(root)
    return all.reduce((sum, item) => sum + (item.revisions.at(-1)?.content.size ?? 0), 0)
  }

  /** Whether a namespace shows itself in a folder of another one. */
  isMounted(id: string): boolean {
    return [...this.#mounts].some(({ mounts }) => mounts === id)
  }

  #attach(item: DropboxItem, parent: DropboxItem): void {
    const key = item.name.toLowerCase()
    parent.children.set(key, item)
    parent.deleted.delete(key)
  }

  #detach({ parent, name }: DropboxItem): void {
    parent?.children.delete(name.toLowerCase())
    parent?.deleted.set(name.toLowerCase(), name)
  }

  #addRevision(
    item: DropboxItem,
    content: Content,
    hash: string | undefined,
    clientModified: string | undefined,
  ): void {
    const revision = newRevision(content, hash, clientModified)
    item.revisions.push(revision)
    this.#revisions.set(revision.rev, item)
    for (const old of item.revisions.splice(0, item.revisions.length - KEPT_REVISIONS)) {
      this.#revisions.delete(old.rev)
      old.content.discard()
    }
  }

  #record(item: DropboxItem): void {
    const segments = this.segments(item, item.namespace)
    if (segments !== undefined) this.changes.push({ namespace: item.namespace, segments, item })
  }

  #recordGone(item: DropboxItem): void {
    const segments = this.segments(item, item.namespace) ?? []
    this.changes.push({ namespace: item.namespace, segments, item: undefined })
  }
}
