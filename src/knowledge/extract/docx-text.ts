// Follows a Word document's elements and writes its paragraphs and rows: nested tables, text boxes and hidden text included.
import type { BlockWriter } from './block-writer.ts'
import type { WordStyles } from './docx-styles.ts'
import { MAX_BLOCK, MAX_COLUMNS } from './limits.ts'
import type { Attributes, MarkupHandler } from './markup-reader.ts'
import { Unreadable } from './unreadable.ts'

/** A paragraph has one cell. */
export interface Line {
  readonly kind: 'heading' | 'paragraph' | 'list_item' | 'table_row'
  readonly level: number
  readonly cells: readonly string[]
}

interface Paragraph {
  text: string
  style: string | undefined
  level: number | undefined
  isItem: boolean | undefined
  isInRun: boolean
  isHidden: boolean
}

/** What a line takes beside its text, as characters. */
const LINE_COST = 32

/** A row that is being read: the lines of each of its cells. */
type Row = Line[][]

export function writeLine(writer: BlockWriter, { kind, level, cells }: Line): void {
  if (kind === 'table_row') writer.row(cells)
  else if (kind === 'heading') writer.heading(level, cells.join(' '))
  else writer.add(kind, cells.join(' '))
}

export class WordText implements MarkupHandler {
  readonly #styles: WordStyles
  readonly #write: (line: Line) => void
  /** Paragraphs stand in paragraphs where there are text boxes. */
  readonly #paragraphs: Paragraph[] = []
  readonly #rows: Row[] = []
  #isText = false
  /** Within a note that is a line between notes. */
  #isSeparator = false
  /** Cells of rows that are open, and characters of the lines in them. */
  #cells = 0
  #held = 0

  constructor(styles: WordStyles, write: (line: Line) => void) {
    this.#styles = styles
    this.#write = write
  }

  open(name: string, attributes: Attributes): void {
    switch (name) {
      case 'p':
        this.#paragraphs.push(newParagraph())
        return
      case 'tr':
        this.#rows.push([])
        return
      case 'tc':
        return this.#beginCell()
      case 't':
        this.#isText = true
        return
      case 'footnote':
      case 'endnote':
        this.#isSeparator = (attributes.get(':type') ?? 'normal') !== 'normal'
        return
      default: {
        const paragraph = this.#paragraphs.at(-1)
        if (paragraph !== undefined) readProperty(paragraph, name, attributes.get(':val'))
      }
    }
  }

  close(name: string): void {
    if (name === 't') this.#isText = false
    else if (name === 'r') this.#endRun()
    else if (name === 'p') this.#endParagraph()
    else if (name === 'tr') this.#endRow()
  }

  text(text: string): void {
    const paragraph = this.#paragraphs.at(-1)
    if (!this.#isText || paragraph === undefined || paragraph.isHidden) return
    paragraph.text += text
    if (paragraph.text.length > MAX_BLOCK) throw new Unreadable('too_much_text')
  }

  #beginCell(): void {
    this.#rows.at(-1)?.push([])
    if (++this.#cells > MAX_COLUMNS) throw new Unreadable('broken_file')
  }

  #endRun(): void {
    const paragraph = this.#paragraphs.at(-1)
    if (paragraph !== undefined) paragraph.isInRun = paragraph.isHidden = false
  }

  #endParagraph(): void {
    const paragraph = this.#paragraphs.pop()
    if (paragraph === undefined || paragraph.text === '' || this.#isSeparator) return
    const style = this.#styles(paragraph.style)
    if (style.isContents) return
    const level = paragraph.level ?? style.level
    const isItem = paragraph.isItem ?? style.isItem
    const kind = level !== undefined && level <= 9 ? 'heading' : isItem ? 'list_item' : 'paragraph'
    this.#add({ kind, level: level ?? 0, cells: [paragraph.text] })
  }

  #endRow(): void {
    const row = this.#rows.pop()
    if (row === undefined) return
    const lines = row.flat()
    // A table of one column, or with headings or tables in it, is layout: nobody would read it as rows.
    const isLayout =
      row.length === 1 || lines.some(({ kind }) => kind === 'heading' || kind === 'table_row')
    if (this.#rows.length === 0) this.#held = this.#cells = 0
    if (isLayout) for (const line of lines) this.#add(line)
    else {
      const cells = row.map((cell) => cell.flatMap((line) => line.cells).join(' '))
      this.#add({ kind: 'table_row', level: 0, cells })
    }
  }

  #add(line: Line): void {
    const cell = this.#rows.at(-1)?.at(-1)
    if (cell === undefined) return this.#write(line)
    cell.push(line)
    for (const text of line.cells) this.#held += text.length + LINE_COST
    if (this.#held > MAX_BLOCK) throw new Unreadable('too_much_text')
  }
}

function newParagraph(): Paragraph {
  return {
    text: '',
    style: undefined,
    level: undefined,
    isItem: undefined,
    isInRun: false,
    isHidden: false,
  }
}

function readProperty(paragraph: Paragraph, name: string, value: string | undefined): void {
  if (name === 'r') paragraph.isInRun = true
  else if (name === 'pStyle') paragraph.style = value
  else if (name === 'numId') paragraph.isItem = value !== '0'
  else if (name === 'outlineLvl') paragraph.level = Number(value) + 1
  else if (paragraph.isInRun) readInRun(paragraph, name, value)
}

/** Blanks stand for tabs and line breaks. Tabs are also positions, outside of runs. */
const BLANKS = new Set(['tab', 'ptab', 'br', 'cr'])

function readInRun(paragraph: Paragraph, name: string, value: string | undefined): void {
  if (BLANKS.has(name)) paragraph.text += ' '
  else if (name === 'noBreakHyphen') paragraph.text += '-'
  else if (name === 'vanish') paragraph.isHidden = !['0', 'false', 'off'].includes(value ?? '')
}
