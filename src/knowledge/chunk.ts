// Cuts a document's text into passages by its structure. Nothing is lost: the passages' text without their overlap is the whole text.
import type { Block, Extracted } from './extract/block.ts'
import { endOf, piecesOf } from './split.ts'

/** UTF-16 units that a passage should have at most; with what it repeats, none has more than 2,000. */
const TARGET = 1200
/** A passage with less text of its own than this takes on another piece, also beyond the target. */
const SMALL = 300
/** Units of the passage before that are repeated, at most. */
const OVERLAP = 150
/** Passages from which on short sections share one: a file of headings alone must not become a hundred thousand rows. */
const MANY = 2000
const SHARED = 600
/** Units of one heading, and of all that a passage stands under, that are kept with it. */
const MAX_HEADING = 120
const MAX_PATH = 400

export interface Chunk {
  /** From 0. */
  readonly ordinal: number
  /** Ends with the blanks or line breaks that part it from the next. */
  readonly text: string
  /** UTF-16 units at the beginning that repeat the end of the passage before. */
  readonly overlap: number
  /** Pages or slides, from 1: where its own text begins and ends. */
  readonly page: number | null
  readonly pageEnd: number | null
  /** What it stands under, the outermost first, with " › " between them. */
  readonly heading: string | null
}

/** The passages of a text, in its order. None where there are no blocks. */
export function chunk({ blocks }: Extracted): Chunk[] {
  const writer = new ChunkWriter()
  blocks.forEach((block, at) => writer.add(block, separator(block, blocks[at + 1])))
  return writer.finish()
}

function separator(block: Block, next: Block | undefined): string {
  if (next === undefined) return ''
  const isDense = block.kind === 'list_item' || block.kind === 'table_row'
  return isDense && next.kind === block.kind ? '\n' : '\n\n'
}

interface Heading {
  readonly level: number
  readonly text: string
}

/** A passage that is being written. */
interface Draft {
  text: string
  readonly overlap: number
  readonly page: number | null
  pageEnd: number | null
  path: readonly Heading[]
  /** Whether it has more than headings. */
  hasBody: boolean
}

class ChunkWriter {
  readonly #chunks: Chunk[] = []
  /** What the next block stands under. */
  #path: readonly Heading[] = []
  #draft: Draft | undefined

  add(block: Block, after: string): void {
    if (block.kind === 'heading') this.#enter(block)
    const page = block.page ?? null
    let repeated = this.#draft?.pageEnd === page ? '' : this.#turnPage()
    const parts = block.kind === 'code' || block.kind === 'table_row' ? 'lines' : 'sentences'
    for (const piece of piecesOf(block.text + after, TARGET, parts)) {
      repeated ||= this.#makeRoom(piece.length)
      this.#draft ??= this.#open(repeated, page)
      repeated = ''
      this.#draft.text += piece
      this.#draft.pageEnd = page
      if (block.kind === 'heading') continue
      this.#draft.hasBody = true
    }
  }

  finish(): Chunk[] {
    this.#close()
    return this.#chunks
  }

  /** A section begins a passage, unless nothing but headings stands in the one before. */
  #enter({ level = 1, text }: Block): void {
    const outer = this.#path.filter((heading) => heading.level < level)
    this.#path = [...outer, { level, text: shorten(text) }]
    const draft = this.#draft
    if (draft === undefined) return
    if (!draft.hasBody) draft.path = this.#path
    else if (this.#chunks.length < MANY || draft.text.length >= SHARED) this.#close()
    // What several sections share stands under what they all stand under.
    else draft.path = draft.path.filter((heading, at) => heading === this.#path[at])
  }

  /** A page begins a passage. Returns what it repeats: the end of a sentence's beginning that was left on the page before. */
  #turnPage(): string {
    const draft = this.#draft
    this.#close()
    if (draft === undefined || !draft.hasBody || draft.path !== this.#path) return ''
    return isOver(draft.text) ? '' : endOf(draft.text, OVERLAP)
  }

  /** Closes a passage that cannot take `length` more units. Returns what the next one repeats. */
  #makeRoom(length: number): string {
    const draft = this.#draft
    if (draft === undefined) return ''
    const own = draft.text.length - draft.overlap
    if (own < SMALL || draft.text.length + length <= TARGET) return ''
    this.#close()
    return endOf(draft.text, OVERLAP)
  }

  #open(repeated: string, page: number | null): Draft {
    return {
      text: repeated,
      overlap: repeated.length,
      page,
      pageEnd: page,
      path: this.#path,
      hasBody: false,
    }
  }

  #close(): void {
    if (this.#draft === undefined) return
    const { text, overlap, page, pageEnd, path } = this.#draft
    const heading = joinPath(path)
    this.#chunks.push({ ordinal: this.#chunks.length, text, overlap, page, pageEnd, heading })
    this.#draft = undefined
  }
}

/** Whether a text ends with a sentence. */
function isOver(text: string): boolean {
  return /[.!?…。！？:;]["'”’»)\]]{0,4}\s*$/u.test(text.slice(-30))
}

function shorten(text: string): string {
  return text.length <= MAX_HEADING ? text : `${text.slice(0, MAX_HEADING - 1).toWellFormed()}…`
}

/** Where not all of it fits, the innermost headings are kept. */
function joinPath(path: readonly Heading[]): string | null {
  const texts = path.map(({ text }) => text)
  while (texts.length > 1 && texts.join(' › ').length > MAX_PATH) texts.shift()
  return texts.length === 0 ? null : texts.join(' › ')
}
