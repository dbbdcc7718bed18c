// Splits a page in Confluence's storage format into tags and text: every character is told once, in linear time, whatever is broken.
// The format is an XML fragment with HTML's named entities, which no XML or HTML parser reads as it is meant.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import { decodeHTMLStrict } from 'entities/decode'
import { replaceInParts } from './replace-in-parts.ts'

/** What is told of a page. Names are in lower case; attributes are raw, {@link readAttribute} reads them. */
export interface MarkupHandler {
  readonly open: (name: string, attributes: string, isEmpty: boolean) => void
  readonly close: (name: string) => void
  readonly text: (text: string) => void
}

/** Tells of all markup and text. What is no markup, however much it looks like it, is text. */
export function readMarkup(page: string, handler: MarkupHandler): void {
  // Line ends as XML has them (XML 1.0, 2.11), and no halves of characters, which no address can hold.
  const text = page.toWellFormed()
  const ended = replaceInParts(text, /\r/g, (_, at) => (text[at + 1] === '\n' ? '' : '\n'))
  new MarkupReader(ended, handler).read()
}

const CDATA = '<![CDATA['
const COMMENT = '<!--'
/** Where markup ends that is none. */
const NOWHERE = -1

class MarkupReader {
  readonly #storage: string
  readonly #handler: MarkupHandler
  /** Up to where everything is told. */
  #told = 0
  /** Ends that do not come any more: looked for once, or a million openings would each search to the end. */
  readonly #absent = new Set<string>()

  constructor(storage: string, handler: MarkupHandler) {
    this.#storage = storage
    this.#handler = handler
  }

  read(): void {
    let mark = this.#storage.indexOf('<')
    while (mark >= 0) {
      const end = this.#readAt(mark)
      if (end !== NOWHERE) this.#told = end
      mark = this.#storage.indexOf('<', end === NOWHERE ? mark + 1 : end)
    }
    this.#tellText(this.#storage.length)
  }

  #tellText(end: number): void {
    if (end > this.#told) this.#handler.text(decode(this.#storage.slice(this.#told, end)))
  }

  /** Reads the markup at a `<` and says where it ends. */
  #readAt(mark: number): number {
    const next = this.#storage[mark + 1]
    if (next === '!') return this.#readDeclaration(mark)
    if (next === '?') return this.#skipTo('?>', mark, mark)
    return this.#readTag(mark)
  }

  #readDeclaration(mark: number): number {
    const isComment = this.#storage.startsWith(COMMENT, mark)
    if (isComment) return this.#skipTo('-->', mark, mark + COMMENT.length)
    if (!this.#storage.startsWith(CDATA, mark)) return NOWHERE
    const start = mark + CDATA.length
    const close = this.#storage.indexOf(']]>', start)
    // A section that is cut off reaches to the end: the text in it is not lost.
    const end = close < 0 ? this.#storage.length : close
    this.#tellText(mark)
    if (end > start) this.#handler.text(removeControls(this.#storage.slice(start, end)))
    return close < 0 ? end : end + 3
  }

  #skipTo(close: string, mark: number, from: number): number {
    if (this.#absent.has(close)) return NOWHERE
    const at = this.#storage.indexOf(close, from)
    if (at < 0) {
      this.#absent.add(close)
      return NOWHERE
    }
    this.#tellText(mark)
    return at + close.length
  }

  #readTag(mark: number): number {
    TAG_NAME.lastIndex = mark + 1
    const [match, slash, raw = ''] = TAG_NAME.exec(this.#storage) ?? []
    if (match === undefined) return NOWHERE
    const start = mark + 1 + match.length
    const close = this.#endOfTag(start)
    if (close === NOWHERE) return NOWHERE
    this.#tellText(mark)
    const name = raw.toLowerCase()
    if (slash === '/') this.#handler.close(name)
    else {
      const isEmpty = this.#storage[close - 1] === '/'
      const end = isEmpty ? Math.max(start, close - 1) : close
      this.#handler.open(name, this.#storage.slice(start, end), isEmpty)
    }
    return close + 1
  }

  /** Where the tag's `>` is. A `<` is not allowed in a tag, not even in quotes (XML 1.0, 3.1): no tag is read beyond the next. */
  #endOfTag(from: number): number {
    let quote = ''
    for (let at = from; at < this.#storage.length; at++) {
      const char = this.#storage[at]
      if (char === '<') return NOWHERE
      if (quote !== '') {
        if (char === quote) quote = ''
      } else if (char === '"' || char === "'") quote = char
      else if (char === '>') return at
    }
    return NOWHERE
  }
}

const TAG_NAME = /(\/?)([a-z_][\w:.-]{0,63})(?=[\s/>])/iy
/** The value is optional: a long name without one is passed over at once, not tried again from each of its characters. */
const ATTRIBUTE = /([^\s=<>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g

/** The value of one attribute of a tag. */
export function readAttribute(attributes: string, name: string): string | undefined {
  if (!attributes.includes(name)) return undefined
  for (const [, found, double, single] of attributes.matchAll(ATTRIBUTE)) {
    if (found === name) return decode(double ?? single ?? '')
  }
  return undefined
}

/** Resolves references to characters. What refers to nothing stays as it stands. */
function decode(raw: string): string {
  return removeControls(raw.includes('&') ? decodeHTMLStrict(raw) : raw)
}

/** Control characters are nothing to read, and XML has none of them (XML 1.0, 2.2); an output might take them for commands. */
function removeControls(text: string): string {
  return CONTROL.test(text) ? text.replace(CONTROLS, '') : text
}

const CONTROL = /[^\P{Cc}\t\n\r]/u
const CONTROLS = new RegExp(CONTROL, 'gu')
