// Follows the shapes of one slide, of its notes or of a diagram on it. A title goes first, wherever it stands among the shapes.
import type { BlockWriter } from './block-writer.ts'
import { MAX_BLOCK, MAX_COLUMNS } from './limits.ts'
import type { Attributes, MarkupHandler } from './markup-reader.ts'
import { Unreadable } from './unreadable.ts'

export const SLIDE_ATTRIBUTES: ReadonlySet<string> = new Set(['type'])

/** Numbers, dates and footers, which are the same on each slide, and the picture of the slide beside its notes. */
const REPEATED = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg'])

const TITLES = new Set(['title', 'ctrTitle'])

/** Placeholders whose paragraphs have bullets as a rule. */
const LISTS = new Set(['', 'body', 'obj'])

/** What a line takes beside its text, as characters. */
const LINE_COST = 32

interface Line {
  readonly kind: 'paragraph' | 'list_item' | 'row'
  readonly cells: readonly string[]
}

export class SlideText implements MarkupHandler {
  readonly #isNotes: boolean
  readonly #titles: string[] = []
  readonly #lines: Line[] = []
  #length = 0
  /** The kind of placeholder that the shape is; undefined for other shapes. */
  #placeholder: string | undefined
  #paragraph: string | undefined
  #isText = false
  #row: string[] | undefined

  constructor(isNotes = false) {
    this.#isNotes = isNotes
  }

  write(writer: BlockWriter): void {
    writer.heading(1, this.#titles.join(' '))
    for (const { kind, cells } of this.#lines) {
      if (kind === 'row') writer.row(cells)
      else writer.add(kind, cells.join(' '))
    }
  }

  open(name: string, attributes: Attributes): void {
    switch (name) {
      case 'ph':
        this.#placeholder = attributes.get('type') ?? ''
        return
      case 'p':
        this.#paragraph = ''
        return
      case 't':
        this.#isText = this.#paragraph !== undefined
        return
      case 'br':
      case 'tab':
        if (this.#paragraph !== undefined) this.#paragraph += ' '
        return
      case 'tr':
        this.#row = []
        return
      case 'tc':
        this.#beginCell()
    }
  }

  close(name: string): void {
    if (name === 't') this.#isText = false
    else if (name === 'p') this.#endParagraph()
    else if (name === 'sp') this.#placeholder = undefined
    else if (name === 'tr') this.#endRow()
  }

  text(text: string): void {
    if (!this.#isText) return
    this.#paragraph += text
    this.#count(text.length)
  }

  #beginCell(): void {
    this.#row?.push('')
    if ((this.#row?.length ?? 0) > MAX_COLUMNS) throw new Unreadable('broken_file')
  }

  #endParagraph(): void {
    const text = this.#paragraph?.trim() ?? ''
    this.#paragraph = undefined
    if (text === '' || REPEATED.has(this.#placeholder ?? '')) return
    this.#count(LINE_COST)
    const cell = (this.#row?.length ?? 0) - 1
    if (this.#row !== undefined && cell >= 0) this.#row[cell] += ` ${text}`
    else if (TITLES.has(this.#placeholder ?? 'none')) this.#titles.push(text)
    else this.#lines.push({ kind: this.#kind(), cells: [text] })
  }

  #kind(): 'paragraph' | 'list_item' {
    const isItem = !this.#isNotes && LISTS.has(this.#placeholder ?? 'none')
    return isItem ? 'list_item' : 'paragraph'
  }

  #endRow(): void {
    if (this.#row !== undefined) this.#lines.push({ kind: 'row', cells: this.#row })
    this.#row = undefined
    this.#count(LINE_COST)
  }

  #count(length: number): void {
    this.#length += length
    if (this.#length > MAX_BLOCK) throw new Unreadable('too_much_text')
  }
}
