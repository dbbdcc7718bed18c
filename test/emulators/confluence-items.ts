// What is stored in the Confluence emulator: spaces, and the content of every type that hangs in their trees.
import { randomUUID } from 'node:crypto'
import type { Content } from './content.ts'
import { renderText } from './confluence-render.ts'
import type { Person, Site } from './confluence-settings.ts'

export type ContainerType = 'page' | 'folder' | 'whiteboard' | 'database' | 'embed'
export type ContentType = ContainerType | 'blogpost' | 'attachment'
export type Status = 'current' | 'archived' | 'trashed' | 'draft'

export interface Space {
  readonly id: string
  readonly site: Site
  readonly key: string
  readonly name: string
  readonly type: 'global' | 'personal' | 'collaboration'
  readonly status: 'current' | 'archived'
  readonly author: Person
  readonly createdAt: string
  /** Shown only when a setting asks for many spaces. */
  readonly extra: boolean
  homepageId: string | undefined
}

export interface Version {
  readonly number: number
  readonly createdAt: string
  readonly message: string
  /** A page's text in the storage format. */
  readonly storage: string
  /** An attachment's bytes. */
  readonly content: Content | undefined
}

export interface ConfluenceItem {
  readonly id: string
  readonly type: ContentType
  readonly spaceId: string
  /** A page's parent, or the page of an attachment. */
  readonly parentId: string | undefined
  readonly position: number
  readonly author: Person
  readonly createdAt: string
  title: string
  status: Status
  subtype: 'page' | 'live'
  readonly labels: readonly string[]
  /** E-mail addresses of those who may see it; everybody if undefined. */
  readonly restrictedTo: readonly string[] | undefined
  readonly mediaType: string
  /** The media service's own id of an attachment. */
  readonly fileId: string
  /** The oldest first. */
  readonly versions: Version[]
}

export type NewItem = Pick<ConfluenceItem, 'type' | 'spaceId' | 'title'> & {
  readonly parentId?: string | undefined
} & Partial<
    Pick<
      ConfluenceItem,
      'author' | 'createdAt' | 'status' | 'subtype' | 'labels' | 'restrictedTo' | 'mediaType'
    >
  > &
  Partial<Pick<Version, 'storage' | 'content' | 'message'>>

/** Throws for text that Confluence would refuse to save: it is no XML fragment. */
function checkStorage(storage: string): void {
  if (storage !== '') renderText(storage)
}

/** Ids are odd numbers beyond 2^53, in strings: none of them is a number of JavaScript. */
const FIRST_ID = 9_007_199_254_740_993n

export class ConfluenceItems {
  readonly spaces = new Map<string, Space>()
  readonly items = new Map<string, ConfluenceItem>()
  readonly #children = new Map<string, ConfluenceItem[]>()
  #next = FIRST_ID

  addSpace(space: Omit<Space, 'id' | 'homepageId'>): Space {
    const added = { ...space, id: this.#newId(), homepageId: undefined }
    this.spaces.set(added.id, added)
    return added
  }

  add(item: NewItem): ConfluenceItem {
    const space = this.space(item.spaceId)
    const place = item.parentId ?? space.id
    const siblings = this.#children.get(place) ?? []
    this.#children.set(place, siblings)
    const createdAt = item.createdAt ?? new Date().toISOString()
    const { storage = '', content, message = '' } = item
    checkStorage(storage)
    const added: ConfluenceItem = {
      id: item.type === 'attachment' ? `att${this.#newId()}` : this.#newId(),
      type: item.type,
      spaceId: space.id,
      parentId: item.parentId,
      position: (siblings.at(-1)?.position ?? 0) + 120,
      author: item.author ?? space.author,
      createdAt,
      title: item.title,
      status: item.status ?? 'current',
      subtype: item.subtype ?? 'page',
      labels: item.labels ?? [],
      restrictedTo: item.restrictedTo,
      mediaType: item.mediaType ?? '',
      fileId: randomUUID(),
      versions: [{ number: 1, createdAt, message, storage, content }],
    }
    this.items.set(added.id, added)
    siblings.push(added)
    return added
  }

  /** A further version. A live doc has one version, which changes. */
  revise(item: ConfluenceItem, change: Partial<Pick<Version, 'storage' | 'content'>>): void {
    checkStorage(change.storage ?? '')
    const last = lastVersion(item)
    const live = item.subtype === 'live'
    if (live) item.versions.pop()
    item.versions.push({
      ...last,
      ...change,
      number: live ? last.number : last.number + 1,
      createdAt: new Date().toISOString(),
    })
  }

  /** Everything directly below a space (its root), a page or another container, in the order of the tree. */
  childrenOf(id: string): readonly ConfluenceItem[] {
    return this.#children.get(id) ?? []
  }

  /** From the top down, without the item itself. */
  ancestorsOf(item: ConfluenceItem): ConfluenceItem[] {
    const parent = item.parentId === undefined ? undefined : this.items.get(item.parentId)
    return parent === undefined ? [] : [...this.ancestorsOf(parent), parent]
  }

  space(id: string): Space {
    const space = this.spaces.get(id)
    if (space === undefined) throw new Error(`no Confluence space ${id}`)
    return space
  }

  clear(): void {
    for (const { versions } of this.items.values()) {
      for (const { content } of versions) content?.discard()
    }
    this.spaces.clear()
    this.items.clear()
    this.#children.clear()
    this.#next = FIRST_ID
  }

  #newId(): string {
    this.#next += 2n
    return String(this.#next - 2n)
  }
}

export function lastVersion(item: ConfluenceItem): Version {
  const version = item.versions.at(-1)
  if (version === undefined) throw new Error(`${item.id} has no version`)
  return version
}

/** Ids in the order of their numbers. */
export function compareIds(one: string, other: string): number {
  const [a, b] = [one, other].map((id) => BigInt(id.replace(/^att/, '')))
  return a === b ? 0 : (a ?? 0n) < (b ?? 0n) ? -1 : 1
}
