// The drives of the emulated Microsoft accounts and what is in them.
import { randomBytes } from 'node:crypto'
import { contentOfBytes, contentOfSize, partsOf, type Content } from './content.ts'
import { quickXor } from './quickxor.ts'

export interface GraphDrive {
  readonly id: string
  readonly type: 'personal' | 'business' | 'documentLibrary'
  /** The account that owns it. */
  readonly owner: string
  readonly rootId: string
  readonly quota: number
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
  /** Where a shortcut leads. */
  readonly target?: { readonly driveId: string; readonly itemId: string }
  readonly created: string
  modified: string
  etag: number
  ctag: number
}

export class GraphItems {
  readonly drives = new Map<string, GraphDrive>()
  readonly items = new Map<string, GraphItem>()

  clear(): void {
    for (const item of this.items.values()) item.content?.discard()
    this.items.clear()
    this.drives.clear()
  }

  addDrive(type: GraphDrive['type'], owner: string): GraphDrive {
    const id =
      type === 'personal'
        ? `0${randomBytes(8).toString('hex').slice(1).toUpperCase()}`
        : `b!${randomBytes(48).toString('base64url')}`
    const rootId = type === 'personal' ? `${id}!s${randomBytes(16).toString('hex')}` : newItemId()
    const drive = { id, type, owner, rootId, quota: 1_099_511_627_776 }
    this.drives.set(key(id), drive)
    this.put({ id: rootId, driveId: id, name: 'root', parent: undefined, kind: 'folder' })
    return drive
  }

  driveOf(account: string): GraphDrive | undefined {
    return [...this.drives.values()].find(
      (drive) => drive.owner === account && drive.type !== 'documentLibrary',
    )
  }

  /** Personal drive ids are the same in any case. */
  drive(id: string): GraphDrive | undefined {
    return this.drives.get(key(id))
  }

  find(drive: GraphDrive, id: string): GraphItem | undefined {
    const item = this.items.get(id === 'root' ? drive.rootId : id)
    return item?.driveId === drive.id ? item : undefined
  }

  childrenOf(id: string): GraphItem[] {
    return [...this.items.values()].filter((item) => item.parent === id)
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
      id: newItemId(),
      created: now,
      modified: now,
      etag: 1,
      ctag: 1,
      ...item,
    }
    this.items.set(made.id, made)
    return made
  }

  touch(item: GraphItem, contentToo: boolean): void {
    item.etag += 1
    if (contentToo) item.ctag += 1
    item.modified = new Date().toISOString()
  }

  remove(item: GraphItem): void {
    for (const child of this.childrenOf(item.id)) this.remove(child)
    item.content?.discard()
    this.items.delete(item.id)
  }

  used(drive: GraphDrive): number {
    let used = 0
    for (const item of this.items.values()) {
      if (item.driveId === drive.id) used += item.content?.size ?? 0
    }
    return used
  }

  /** Segments from the root down. */
  pathOf(item: GraphItem): string[] {
    const parent = item.parent === undefined ? undefined : this.items.get(item.parent)
    return parent === undefined ? [] : [...this.pathOf(parent), item.name]
  }
}

export const newItemId = () =>
  `01${randomBytes(24)
    .toString('base64')
    .replace(/[^A-Z2-7]/gi, 'Q')
    .toUpperCase()
    .slice(0, 32)}`

const key = (id: string) => (id.startsWith('b!') ? id : id.toLowerCase())

/** Hashes of large made-up files are left out, as the vendor does for fresh ones. */
export async function hashOf(item: GraphItem): Promise<string | undefined> {
  const { content } = item
  if (content === undefined || content.size > 4 * 1024 * 1024) return undefined
  item.hash ??= await quickXor(partsOf(content.read(0, content.size)))
  return item.hash
}

/** `name 1.ext`, as OneDrive renames. */
export function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} ${number}${name.slice(dot)}` : `${name} ${number}`
}

/** What Ann (work) and Pat (personal) have. */
export function seedMicrosoft(items: GraphItems, ann: string, pat: string): void {
  for (const drive of [items.addDrive('business', ann), items.addDrive('personal', pat)]) {
    const add = (parent: string, name: string, content?: string | number): GraphItem =>
      items.put({
        driveId: drive.id,
        name,
        parent,
        kind: content === undefined ? 'folder' : 'file',
        ...(content === undefined
          ? {}
          : {
              content:
                typeof content === 'number'
                  ? contentOfSize(content)
                  : contentOfBytes(Buffer.from(content)),
            }),
      })
    const documents = add(drive.rootId, 'Documents')
    const reports = add(documents.id, 'Reports & plans')
    add(reports.id, 'quarter.txt', 'Up and to the right.\n')
    add(drive.rootId, 'Pictures')
    add(drive.rootId, 'harbour.jpg', 1_500_000)
    add(drive.rootId, "O'Brien #1 100% + & 🚢.txt", 'odd names\n')
    add(drive.rootId, 'empty.txt', '')
    items.put({ driveId: drive.id, name: 'Notebook', parent: drive.rootId, kind: 'notebook' })
  }
  const library = items.addDrive('documentLibrary', 'contoso')
  const team = items.put({
    driveId: library.id,
    name: 'Team files',
    parent: library.rootId,
    kind: 'folder',
  })
  items.put({
    driveId: library.id,
    name: 'agenda.txt',
    parent: team.id,
    kind: 'file',
    content: contentOfBytes(Buffer.from('1. Sails\n')),
  })
  const own = items.driveOf(ann)
  if (own !== undefined) {
    items.put({
      driveId: own.id,
      name: 'Team files',
      parent: own.rootId,
      kind: 'link',
      target: { driveId: library.id, itemId: team.id },
    })
  }
}
