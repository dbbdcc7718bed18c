// Opens what Office Open XML files have in common: an archive of parts, and the relationships that lead from part to part.
// ECMA-376-2, Open Packaging Conventions.
import { cleanTitle } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_RELATIONSHIPS, MAX_TITLE } from './limits.ts'
import { MarkupReader, type MarkupHandler } from './markup-reader.ts'
import { Unreadable } from './unreadable.ts'
import { Archive } from './zip.ts'

export interface Relationship {
  readonly id: string
  /** The last segment of its type, which is the same in all editions: `worksheet`. */
  readonly kind: string
  /** The part's name, without a slash at its start. */
  readonly target: string
}

/** What inflating any piece counts as. */
const LEAST_WORK = 8 * 1024

const RELATIONSHIP = new Set(['Id', 'Type', 'Target', 'TargetMode'])

export class OfficePackage {
  /** The part that leads to all others. */
  readonly main: string
  readonly #archive: Archive
  readonly #clock: Clock
  readonly #title: string | undefined

  private constructor(archive: Archive, clock: Clock, roots: readonly Relationship[]) {
    const target = (kind: string) => roots.find((root) => root.kind === kind)?.target
    const main = target('officeDocument')
    // An archive, but of something else; or a workbook in Excel's own binary format.
    if (main === undefined || main.endsWith('.bin')) throw new Unreadable('type_mismatch')
    this.main = main
    this.#archive = archive
    this.#clock = clock
    this.#title = target('core-properties')
  }

  /** Throws `type_mismatch` for what is no such package, `encrypted`, `broken_file`, `inflated_too_large`. */
  static async open(bytes: Uint8Array, clock: Clock): Promise<OfficePackage> {
    refuseOthers(bytes)
    const archive = new Archive(bytes)
    if (!archive.has('_rels/.rels')) throw new Unreadable('type_mismatch')
    return new OfficePackage(archive, clock, await readRelationships(archive, '', clock))
  }

  has(part: string): boolean {
    return this.#archive.has(part)
  }

  /** Relationships of a part to other parts of these kinds; none where it has no list of them. */
  async relationships(part: string, kinds: ReadonlySet<string>): Promise<Relationship[]> {
    const all = await readRelationships(this.#archive, part, this.#clock, kinds)
    return all.filter(({ target }) => this.has(target))
  }

  /** Throws `broken_file` for a part that is not there or is not well-formed. */
  async read(part: string, handler: MarkupHandler, attributes: ReadonlySet<string>): Promise<void> {
    await readPart(this.#archive, part, handler, attributes, this.#clock)
  }

  /** The title in the document's properties. */
  async title(): Promise<string | undefined> {
    if (this.#title === undefined || !this.has(this.#title)) return undefined
    let title = ''
    let isTitle = false
    const handler = {
      open: (name: string) => void (isTitle = name === 'title'),
      close: () => void (isTitle = false),
      text: (text: string) => void (isTitle && title.length < MAX_TITLE && (title += text)),
    }
    await this.read(this.#title, handler, new Set())
    return cleanTitle(title)
  }
}

/** The container of old Office files, and of new ones with a password: [MS-CFB], [MS-OFFCRYPTO] 2.3. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
const ENCRYPTED_STREAM = 'EncryptedPackage'

function refuseOthers(bytes: Uint8Array): void {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return
  const isCompound = COMPOUND_FILE.every((byte, at) => bytes[at] === byte)
  throw new Unreadable(isCompound && isEncrypted(bytes) ? 'encrypted' : 'type_mismatch')
}

/** Whether the directory has a stream of this name: its entries begin at multiples of 128, names are UTF-16. */
function isEncrypted(bytes: Uint8Array): boolean {
  for (let at = 512; at + 128 <= bytes.length; at += 128) {
    const isNamed = Array.from(ENCRYPTED_STREAM).every(
      (char, index) =>
        bytes[at + index * 2] === char.charCodeAt(0) && bytes[at + index * 2 + 1] === 0,
    )
    if (isNamed) return true
  }
  return false
}

async function readRelationships(
  archive: Archive,
  part: string,
  clock: Clock,
  kinds?: ReadonlySet<string>,
): Promise<Relationship[]> {
  const slash = part.lastIndexOf('/') + 1
  const list = `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`
  const found: Relationship[] = []
  if (!archive.has(list)) return found
  const handler: MarkupHandler = {
    open: (name, attributes) => {
      if (name !== 'Relationship' || attributes.get('TargetMode') === 'External') return
      const type = attributes.get('Type') ?? ''
      const kind = type.slice(type.lastIndexOf('/') + 1)
      if (kinds?.has(kind) === false) return
      const target = resolvePart(part, attributes.get('Target') ?? '')
      found.push({ id: attributes.get('Id') ?? '', kind, target })
      if (found.length > MAX_RELATIONSHIPS) throw new Unreadable('broken_file')
    },
    close: () => undefined,
    text: () => undefined,
  }
  await readPart(archive, list, handler, RELATIONSHIP, clock)
  return found
}

/** A target is a reference relative to the part that names it. */
function resolvePart(part: string, target: string): string {
  try {
    const { pathname } = new URL(target, `https://package/${part}`)
    return decodeURIComponent(pathname.slice(1))
  } catch {
    throw new Unreadable('broken_file')
  }
}

async function readPart(
  archive: Archive,
  part: string,
  handler: MarkupHandler,
  attributes: ReadonlySet<string>,
  clock: Clock,
): Promise<void> {
  const reader = new MarkupReader(handler, { isXml: true, attributes })
  let decoder: TextDecoder | undefined
  for (const piece of archive.read(part)) {
    decoder ??= new TextDecoder(encodingOf(piece))
    reader.write(decoder.decode(piece, { stream: true }))
    // A piece that is small took no less time to inflate.
    await clock.breathe(piece.length + LEAST_WORK)
  }
  reader.write(decoder?.decode() ?? '')
  reader.end()
}

/** Parts are UTF-8 or UTF-16 (ECMA-376-2, 6.2.5). */
function encodingOf(start: Uint8Array): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8'
}
