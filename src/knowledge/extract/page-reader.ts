// Turns the elements of a page into blocks: headings, lists, tables and preformatted text; layout tables fall apart into paragraphs.
import { cleanTitle, type BlockWriter } from './block-writer.ts'
import { MAX_BLOCK, MAX_COLUMNS } from './limits.ts'
import { MarkupReader, type Attributes } from './markup-reader.ts'
import { Unreadable } from './unreadable.ts'

const HEADING = /^h[1-6]$/

/** Begin and end a line. */
const APART = new Set([
  ...['address', 'article', 'aside', 'blockquote', 'body', 'caption', 'center', 'dd', 'details'],
  ...['dialog', 'dir', 'div', 'dl', 'dt', 'fieldset', 'figcaption', 'figure', 'footer', 'form'],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hgroup', 'hr', 'html', 'legend', 'li', 'main'],
  ...['menu', 'nav', 'ol', 'option', 'p', 'pre', 'search', 'section', 'summary', 'table', 'tbody'],
  ...['textarea', 'tfoot', 'thead', 'title', 'tr', 'ul', 'listing', 'xmp'],
])

/** What stands in them is not for readers, or no text. */
const UNSEEN = new Set([
  ...['script', 'style', 'template', 'noscript', 'svg', 'iframe', 'object', 'audio', 'video'],
  ...['canvas', 'select', 'datalist', 'noembed', 'noframes', 'annotation', 'annotation-xml', 'rp'],
])

const PREFORMATTED = new Set(['pre', 'listing', 'xmp'])
const ITEMS = new Set(['li', 'dt', 'dd'])
const CELLS = new Set(['td', 'th'])
const ATTRIBUTES = new Set(['hidden', 'style', 'alt'])

/** Styles that hide an element. */
const HIDING = /(?:^|[;\s])(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)/i

interface Frame {
  readonly name: string
  readonly isUnseen: boolean
}

export class PageReader {
  readonly #writer: BlockWriter
  readonly #reader: MarkupReader
  readonly #frames: Frame[] = []
  #unseen = 0
  #preformatted = 0
  #items = 0
  #heading = 0
  #text = ''
  /** The cells of the row that is being read; undefined outside of rows, and in rows that are layout. */
  #row: string[] | undefined
  #title: string | undefined

  constructor(writer: BlockWriter) {
    this.#writer = writer
    this.#reader = new MarkupReader(
      {
        open: (name, attributes) => this.#open(name, attributes),
        close: (name) => this.#close(name),
        text: (text) => this.#add(text),
      },
      { attributes: ATTRIBUTES },
    )
  }

  write(piece: string): void {
    this.#reader.write(piece)
  }

  /** Returns the page's title. */
  end(): string | undefined {
    this.#reader.end()
    this.#flush()
    return this.#title
  }

  #open(name: string, attributes: Attributes): void {
    const isUnseen = UNSEEN.has(name) || isHidden(attributes)
    this.#frames.push({ name, isUnseen })
    if (isUnseen) this.#unseen++
    if (this.#unseen > 0) return
    if (name === 'br') this.#add(this.#preformatted > 0 ? '\n' : ' ')
    else if (name === 'img') this.#add(` ${attributes.get('alt') ?? ''} `)
    else if (CELLS.has(name)) this.#beginCell()
    else if (APART.has(name)) this.#beginApart(name)
    if (PREFORMATTED.has(name)) this.#preformatted++
    if (ITEMS.has(name)) this.#items++
    if (HEADING.test(name)) this.#heading = Number(name[1])
    if (name === 'tr' && this.#preformatted === 0) this.#row = []
  }

  #close(name: string): void {
    const frame = this.#frames.pop()
    const wasSeen = this.#unseen === 0
    if (frame?.isUnseen === true) this.#unseen--
    if (!wasSeen) return
    if (CELLS.has(name)) this.#endCell()
    else if (name === 'tr') this.#endRow()
    else if (name === 'title') this.#endTitle()
    else if (APART.has(name)) this.#part()
    if (PREFORMATTED.has(name)) this.#preformatted--
    if (ITEMS.has(name)) this.#items--
    if (HEADING.test(name)) this.#heading = 0
  }

  #add(text: string): void {
    if (this.#unseen > 0) return
    this.#text += text
    if (this.#text.length > MAX_BLOCK) throw new Unreadable('too_much_text')
  }

  #beginApart(name: string): void {
    // A table in a table, or a heading in one, is layout: nobody would read it as a row.
    const isLayout = name === 'table' || name === 'pre' || HEADING.test(name)
    if (isLayout && this.#row !== undefined) this.#breakRow(this.#row)
    else this.#part()
  }

  /** Ends what came before: a block, or within a cell or preformatted text no more than a word or a line. */
  #part(): void {
    const isPreformattedWithin = this.#preformatted > 1 || !this.#isClosingPreformatted()
    if (this.#preformatted > 0 && isPreformattedWithin) this.#text += '\n'
    else if (this.#row !== undefined) this.#text += ' '
    else this.#flush()
  }

  #isClosingPreformatted(): boolean {
    return !this.#frames.some(({ name }) => PREFORMATTED.has(name))
  }

  #flush(): void {
    const text = this.#text
    this.#text = ''
    if (this.#preformatted > 0) this.#writer.code(text)
    else if (this.#heading > 0) this.#writer.heading(this.#heading, text)
    else this.#writer.add(this.#items > 0 ? 'list_item' : 'paragraph', text)
  }

  #beginCell(): void {
    if (this.#preformatted > 0) this.#text += '\t'
    else if (this.#row === undefined) this.#flush()
    else this.#text = ''
  }

  #endCell(): void {
    if (this.#preformatted > 0) return
    if (this.#row === undefined) return this.#flush()
    this.#row.push(this.#text)
    this.#text = ''
    if (this.#row.length < MAX_COLUMNS) return
    this.#writer.row(this.#row)
    this.#row = []
  }

  #endRow(): void {
    if (this.#preformatted > 0) return void (this.#text += '\n')
    const row = this.#row
    this.#row = undefined
    if (row === undefined) return this.#flush()
    if (row.length === 1) this.#writer.add('paragraph', row[0]!)
    else this.#writer.row(row)
    this.#flush()
  }

  #breakRow(row: readonly string[]): void {
    this.#row = undefined
    for (const cell of row) this.#writer.add('paragraph', cell)
    this.#flush()
  }

  #endTitle(): void {
    this.#title ??= cleanTitle(this.#text)
    this.#text = ''
  }
}

function isHidden(attributes: Attributes): boolean {
  return attributes.has('hidden') || HIDING.test(attributes.get('style') ?? '')
}
