// Turns Markdown's tokens into blocks.
import MarkdownIt, { type Token } from 'markdown-it'
import type { BlockWriter } from './block-writer.ts'
import { PageReader } from './page-reader.ts'

/** Characters of one paragraph beyond which its marks are left as they stand: some rules take the square of its length. */
const MAX_INLINE = 20_000

const markdown = new MarkdownIt({ html: true })
// Only blocks are wanted at first: what is in each of them is read when its turn comes.
markdown.core.ruler.enableOnly(['normalize', 'block'])

/** What is defined in one place of a document and named in others. */
type References = Record<string, unknown>

export class MarkdownReader {
  readonly #writer: BlockWriter
  #heading = 0
  /** Whether the paragraph that comes is the first of a list's item. */
  #isItem = false
  #row: string[] | undefined

  constructor(writer: BlockWriter) {
    this.#writer = writer
  }

  read(piece: string): void {
    const references: References = {}
    for (const token of markdown.parse(piece, references)) this.#read(token, references)
  }

  #read(token: Token, references: References): void {
    switch (token.type) {
      case 'heading_open':
        this.#heading = Number(token.tag.slice(1))
        return
      case 'heading_close':
        this.#heading = 0
        return
      case 'list_item_open':
        this.#isItem = true
        return
      case 'tr_open':
        this.#row = []
        return
      case 'tr_close':
        this.#writer.row(this.#row ?? [])
        this.#row = undefined
        return
      case 'inline':
        return this.#write(textOf(token.content, references))
      case 'fence':
      case 'code_block':
        return this.#writer.code(token.content)
      case 'html_block':
        return this.#readHtml(token.content)
      default:
    }
  }

  #write(text: string): void {
    if (this.#row !== undefined) return void this.#row.push(text)
    if (this.#heading > 0) return this.#writer.heading(this.#heading, text)
    this.#writer.add(this.#isItem ? 'list_item' : 'paragraph', text)
    this.#isItem = false
  }

  #readHtml(html: string): void {
    const page = new PageReader(this.#writer)
    page.write(html)
    page.end()
  }
}

function textOf(content: string, references: References): string {
  if (content.length > MAX_INLINE) return content
  const tokens: Token[] = []
  markdown.inline.parse(content, markdown, references, tokens)
  return tokens.map((token) => textOfInline(token)).join('')
}

function textOfInline({ type, content, children }: Token): string {
  switch (type) {
    case 'text':
    case 'text_special':
    case 'code_inline':
      return content
    case 'image':
      return (children ?? []).map((child) => textOfInline(child)).join('')
    case 'softbreak':
    case 'hardbreak':
      return ' '
    case 'html_inline':
      return /^<br\b/i.test(content) ? ' ' : ''
    default:
      return ''
  }
}
