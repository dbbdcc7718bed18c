// The files of the emulated Google accounts: who sees what, who owns it, and what its exports are.
import { createHash, randomBytes } from 'node:crypto'
import { hashContent, readAll, type Content } from './content.ts'
import { isOffice, officeFile, pdfFile, pngFile } from './office-files.ts'

export const FOLDER = 'application/vnd.google-apps.folder'
export const SHORTCUT = 'application/vnd.google-apps.shortcut'
export const APPS = 'application/vnd.google-apps.'

export interface GoogleFile {
  readonly id: string
  name: string
  mimeType: string
  /** Exactly one, or none for the top of a drive. */
  parents: string[]
  readonly owner: string
  /** Of a shared drive. */
  readonly driveId?: string
  readonly sharedWith: Set<string>
  /** Made through the API client: what `drive.file` covers. */
  readonly byApp: boolean
  content?: Content
  md5?: string
  readonly createdTime: string
  modifiedTime: string
  version: number
  revision: number
  /** By itself, not through a folder above it. */
  trashed: boolean
  readonly target?: { readonly id: string; readonly mimeType: string }
  /** What a document of Google's own says, line by line: exports are made of it. */
  lines?: readonly string[]
  /** Bytes of its exports, where they are large. */
  readonly exportSize?: number
  /** Held to be malware: only its owner gets it, and only who says so. */
  abusive?: boolean
}

export interface SharedDrive {
  readonly id: string
  readonly name: string
  readonly members: ReadonlySet<string>
}

export interface NewFile {
  readonly name: string
  readonly mimeType: string
  readonly parent: string
  readonly content?: Content
  readonly byApp?: boolean
  readonly target?: GoogleFile['target']
  readonly lines?: readonly string[]
  readonly exportSize?: number
  /** Made beforehand by generateIds. */
  readonly id?: string
}

export const newId = () => `1${randomBytes(24).toString('base64url')}`

/** All files of all accounts. */
export class GoogleFiles {
  readonly byId = new Map<string, GoogleFile>()
  readonly drives = new Map<string, SharedDrive>()
  readonly #roots = new Map<string, string>()

  clear(): void {
    for (const file of this.byId.values()) file.content?.discard()
    this.byId.clear()
    this.drives.clear()
    this.#roots.clear()
  }

  addAccount(account: string): void {
    const id = `0A${randomBytes(12).toString('base64url')}PVA`
    this.#roots.set(account, id)
    this.#put({ id, name: 'My Drive', mimeType: FOLDER, parents: [], owner: account, byApp: false })
  }

  addDrive(name: string, members: readonly string[]): string {
    const id = `0A${randomBytes(12).toString('base64url')}Uk9PVA`
    this.drives.set(id, { id, name, members: new Set(members) })
    this.#put({
      id,
      name: 'Drive',
      mimeType: FOLDER,
      parents: [],
      owner: '',
      driveId: id,
      byApp: false,
    })
    return id
  }

  rootOf(account: string): string {
    const id = this.#roots.get(account)
    if (id === undefined) throw new Error(`no Google account ${account}`)
    return id
  }

  /** `root` is an alias wherever an id is taken. */
  find(account: string, id: string): GoogleFile | undefined {
    const file = this.byId.get(id === 'root' ? this.rootOf(account) : id)
    return file !== undefined && this.isVisible(account, file) ? file : undefined
  }

  isVisible(account: string, file: GoogleFile): boolean {
    if (file.driveId !== undefined)
      return this.drives.get(file.driveId)?.members.has(account) ?? false
    if (file.owner === account || file.sharedWith.has(account)) return true
    const parent = this.byId.get(file.parents[0] ?? '')
    return parent !== undefined && this.isVisible(account, parent)
  }

  /** What is in a folder of the bin is in the bin. */
  isTrashed(file: GoogleFile): boolean {
    for (let at: GoogleFile | undefined = file; at; at = this.byId.get(at.parents[0] ?? '')) {
      if (at.trashed) return true
    }
    return false
  }

  /** Whether a folder is this one or lies below it. */
  isWithin(folder: GoogleFile, ancestor: string): boolean {
    for (let at: GoogleFile | undefined = folder; at; at = this.byId.get(at.parents[0] ?? '')) {
      if (at.id === ancestor) return true
    }
    return false
  }

  childrenOf(id: string): GoogleFile[] {
    return [...this.byId.values()].filter((file) => file.parents[0] === id)
  }

  add(account: string, file: NewFile): GoogleFile {
    const parent = this.byId.get(file.parent === 'root' ? this.rootOf(account) : file.parent)
    if (parent === undefined) throw new Error(`no Google folder ${file.parent}`)
    return this.#put({
      id: file.id ?? newId(),
      name: file.name,
      mimeType: file.mimeType,
      parents: [parent.id],
      owner: parent.driveId === undefined ? parent.owner : '',
      byApp: file.byApp ?? false,
      ...(parent.driveId === undefined ? {} : { driveId: parent.driveId }),
      ...(file.content === undefined ? {} : { content: file.content }),
      ...(file.target === undefined ? {} : { target: file.target }),
      ...(file.lines === undefined ? {} : { lines: file.lines }),
      ...(file.exportSize === undefined ? {} : { exportSize: file.exportSize }),
    })
  }

  /** New bytes: a new revision. */
  setContent(file: GoogleFile, content: Content): void {
    file.content?.discard()
    file.content = content
    delete file.md5
    this.touch(file)
    file.revision += 1
  }

  touch(file: GoogleFile): void {
    file.version += 1
    file.modifiedTime = new Date().toISOString()
  }

  remove(file: GoogleFile): void {
    for (const child of this.childrenOf(file.id)) this.remove(child)
    file.content?.discard()
    this.byId.delete(file.id)
  }

  #put(
    file: Pick<GoogleFile, 'id' | 'name' | 'mimeType' | 'parents' | 'owner' | 'byApp'> &
      Partial<GoogleFile>,
  ): GoogleFile {
    const now = new Date().toISOString()
    const made: GoogleFile = {
      sharedWith: new Set(),
      createdTime: now,
      modifiedTime: now,
      version: 1,
      revision: 1,
      trashed: false,
      ...file,
    }
    this.byId.set(made.id, made)
    return made
  }
}

export const isNative = (file: GoogleFile) => file.mimeType.startsWith(APPS)

/** The bytes of a document in another format: a real file of the common ones, the same each time. */
export function exportOf(file: GoogleFile, mimeType: string, size: number | undefined): Buffer {
  const lines = file.lines ?? [`# ${file.name}`, `${file.name} as ${mimeType}`]
  if (isOffice(mimeType)) return officeFile(mimeType, lines, size)
  if (mimeType === 'image/png') return pngFile(file.name)
  const bytes =
    mimeType === 'application/pdf' ? pdfFile(lines) : Buffer.from(`${lines.join('\n')}\n`)
  return size === undefined ? bytes : Buffer.alloc(size, bytes)
}

export async function md5Of(content: Content): Promise<string> {
  return content.size <= 1024 * 1024
    ? createHash('md5')
        .update(await readAll(content))
        .digest('hex')
    : hashContent(content, 'md5')
}
