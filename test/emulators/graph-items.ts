// The drives of the emulated Microsoft accounts and what is in them.
import { randomBytes } from 'node:crypto'
import { partsOf, type Content } from './content.ts'
import { quickXor } from './quickxor.ts'

export interface GraphDrive {
  readonly id: string
  readonly type: 'personal' | 'business' | 'documentLibrary'
  /** The account that owns it. */
  readonly owner: string
  readonly rootId: string
  readonly quota: number
  /** Of a library: whose it is, and what sets it apart from other libraries. */
  readonly library?: Library
}

export interface Library {
  readonly name: string
  readonly siteId: string
  /** Below the host, with the site's path. */
  readonly path: string
  /** The whole tenant if left out. */
  readonly members?: ReadonlySet<string>
  readonly readOnly?: boolean
  /** What is said of the quota: libraries may state zeros, or nothing. */
  readonly quotaShown?: 'zeros' | 'none'
}

export interface GraphItem {
  readonly id: string
  readonly driveId: string
  name: string
  /** None for a root. */
  parent: string | undefined
  readonly kind: 'file' | 'folder' | 'notebook' | 'link'
  content?: Content
  hash?: string
  /** What the vendor says of the type; by the name's ending if left out. */
  readonly mimeType?: string
  /** Where a shortcut leads. */
  readonly target?: { readonly driveId: string; readonly itemId: string }
  readonly created: string
  modified: string
  /** The client's time, which may be set. */
  clientModified?: string
  etag: number
  ctag: number
}

export class GraphItems {
  readonly drives = new Map<string, GraphDrive>()
  readonly items = new Map<string, GraphItem>()
  readonly #below = new Map<string, Set<GraphItem>>()
  /** Who was given which items of somebody else's drive. */
  readonly #shares = new Map<string, Set<string>>()

  clear(): void {
    for (const item of this.items.values()) item.content?.discard()
    this.items.clear()
    this.drives.clear()
    this.#below.clear()
    this.#shares.clear()
  }

  addDrive(type: GraphDrive['type'], owner: string, library?: Library): GraphDrive {
    const id =
      type === 'personal'
        ? `0${randomBytes(8).toString('hex').slice(1).toUpperCase()}`
        : `b!${randomBytes(48).toString('base64url')}`
    const rootId = newItemId(type, id)
    const quota = 1_099_511_627_776
    const drive = { id, type, owner, rootId, quota, ...(library ? { library } : {}) }
    this.drives.set(key(id), drive)
    this.put({ id: rootId, driveId: id, name: 'root', parent: undefined, kind: 'folder' })
    return drive
  }

  driveOf(account: string): GraphDrive | undefined {
    return [...this.drives.values()].find(
      (drive) => drive.owner === account && drive.type !== 'documentLibrary',
    )
  }

  /** Personal drive ids are the same in any case, but not without their leading zero. */
  drive(id: string): GraphDrive | undefined {
    return this.drives.get(key(id))
  }

  rootOf(drive: GraphDrive): GraphItem {
    const root = this.items.get(drive.rootId)
    if (root === undefined) throw new Error(`the drive ${drive.id} has no root`)
    return root
  }

  find(drive: GraphDrive, id: string): GraphItem | undefined {
    const item = this.items.get(id === 'root' ? drive.rootId : id)
    return item?.driveId === drive.id ? item : undefined
  }

  childrenOf(id: string): GraphItem[] {
    return [...(this.#below.get(id) ?? [])]
  }

  /** Names are unique in a folder, whatever their case. */
  child(parent: string, name: string): GraphItem | undefined {
    const wanted = name.toLowerCase()
    return this.childrenOf(parent).find((item) => item.name.toLowerCase() === wanted)
  }

  put(
    item: Pick<GraphItem, 'driveId' | 'name' | 'parent' | 'kind'> & Partial<GraphItem>,
  ): GraphItem {
    const now = new Date().toISOString()
    const made: GraphItem = {
      id: newItemId(this.drive(item.driveId)?.type ?? 'business', item.driveId),
      created: now,
      modified: now,
      etag: 1,
      ctag: 1,
      ...item,
    }
    this.items.set(made.id, made)
    this.#attach(made)
    return made
  }

  /** Puts an item below another folder of its drive. */
  move(item: GraphItem, parent: string): void {
    this.#detach(item)
    item.parent = parent
    this.#attach(item)
  }

  #attach(item: GraphItem): void {
    if (item.parent === undefined) return
    const siblings = this.#below.get(item.parent) ?? new Set()
    this.#below.set(item.parent, siblings.add(item))
  }

  #detach(item: GraphItem): void {
    if (item.parent !== undefined) this.#below.get(item.parent)?.delete(item)
  }

  touch(item: GraphItem, contentToo: boolean): void {
    item.etag += 1
    if (contentToo) item.ctag += 1
    item.modified = new Date().toISOString()
  }

  remove(item: GraphItem): void {
    for (const child of this.childrenOf(item.id)) this.remove(child)
    item.content?.discard()
    this.#detach(item)
    this.#below.delete(item.id)
    this.items.delete(item.id)
  }

  used(drive: GraphDrive): number {
    let used = 0
    for (const item of this.items.values()) {
      if (item.driveId === drive.id) used += item.content?.size ?? 0
    }
    return used
  }

  /** Bytes of a file, and of all that is in a folder. */
  sizeOf(item: GraphItem): number {
    const own = item.content?.size ?? 0
    return this.childrenOf(item.id).reduce((sum, child) => sum + this.sizeOf(child), own)
  }

  /** Whether an item is below another one, at any depth, or is it. */
  isWithin(item: GraphItem, ancestor: string): boolean {
    if (item.id === ancestor) return true
    const parent = item.parent === undefined ? undefined : this.items.get(item.parent)
    return parent !== undefined && this.isWithin(parent, ancestor)
  }

  share(item: GraphItem, account: string): void {
    this.#shares.set(account, (this.#shares.get(account) ?? new Set()).add(item.id))
  }

  isShared(item: GraphItem, account: string): boolean {
    return [...(this.#shares.get(account) ?? [])].some((id) => this.isWithin(item, id))
  }

  /** Segments from the root down. */
  pathOf(item: GraphItem): string[] {
    const parent = item.parent === undefined ? undefined : this.items.get(item.parent)
    return parent === undefined ? [] : [...this.pathOf(parent), item.name]
  }
}

/** Personal ids carry the drive's; the others are 34 letters and digits. */
function newItemId(type: GraphDrive['type'], driveId: string): string {
  if (type === 'personal') return `${driveId}!s${randomBytes(16).toString('hex')}`
  const letters = randomBytes(24)
    .toString('base64')
    .replace(/[^A-Z2-7]/gi, 'Q')
  return `01${letters.toUpperCase().slice(0, 32)}`
}

const key = (id: string) => (id.startsWith('b!') ? id : id.toLowerCase())

/** Hashes of large made-up files are left out, as the vendor does for fresh ones. */
export async function hashOf(item: GraphItem): Promise<string | undefined> {
  const { content } = item
  if (content === undefined || content.size > 4 * 1024 * 1024) return undefined
  item.hash ??= await quickXor(partsOf(content.read(0, content.size)))
  return item.hash
}

/** As the vendor writes it, inner quotes included. */
export const etagOf = (item: GraphItem) => `"{${item.id}},${item.etag}"`

const TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  jpg: 'image/jpeg',
  png: 'image/png',
  pdf: 'application/pdf',
  mp4: 'video/mp4',
  json: 'application/json',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
}

/** The server decides it by the name, whatever was sent. */
export function mimeTypeOf(item: GraphItem): string {
  const ending = item.name.slice(item.name.lastIndexOf('.') + 1).toLowerCase()
  return item.mimeType ?? TYPES[ending] ?? 'application/octet-stream'
}
