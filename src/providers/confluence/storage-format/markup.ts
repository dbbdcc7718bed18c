// Splits a page in Confluence's storage format into tags and text: every character is told once, in linear time, whatever is broken.
// The format is an XML fragment with HTML's named entities, which no XML or HTML parser reads as it is meant.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import { decodeHTMLStrict } from 'entities/decode'

/** What is told of a page. Names are in lower case; attributes are raw, {@link readAttribute} reads them. */
export interface MarkupHandler {
  readonly open: (name: string, attributes: string, isEmpty: boolean) => void
  readonly close: (name: string) => void
  readonly text: (text: string) => void
}

interface Markup {
  readonly end: number
  readonly tell: (handler: MarkupHandler) => void
}

/** Tells of all markup and text. What is no markup, however much it looks like it, is text. */
export function readMarkup(page: string, handler: MarkupHandler): void {
  // Line ends as XML has them (XML 1.0, 2.11), and no halves of characters, which no address can hold.
  const storage = page.toWellFormed().replace(/\r\n?/g, '\n')
  const reader = new MarkupReader(storage)
  let told = 0
  let mark = storage.indexOf('<')
  while (mark >= 0) {
    const markup = reader.readAt(mark)
    if (markup !== undefined) {
      if (mark > told) handler.text(decode(storage.slice(told, mark)))
      markup.tell(handler)
      told = markup.end
    }
    mark = storage.indexOf('<', markup?.end ?? mark + 1)
  }
  if (told < storage.length) handler.text(decode(storage.slice(told)))
}

const CDATA = '<![CDATA['
const COMMENT = '<!--'

class MarkupReader {
  readonly #storage: string
  /** Ends that do not come any more: looked for once, or a million openings would each search to the end. */
  readonly #absent = new Set<string>()

  constructor(storage: string) {
    this.#storage = storage
  }

  readAt(mark: number): Markup | undefined {
    const next = this.#storage[mark + 1]
    if (next === '!') return this.#readDeclaration(mark)
    if (next === '?') return this.#skipTo('?>', mark)
    return this.#readTag(mark)
  }

  #readDeclaration(mark: number): Markup | undefined {
    if (this.#storage.startsWith(COMMENT, mark)) return this.#skipTo('-->', mark + COMMENT.length)
    if (!this.#storage.startsWith(CDATA, mark)) return undefined
    const start = mark + CDATA.length
    const close = this.#storage.indexOf(']]>', start)
    // A section that is cut off reaches to the end: the text in it is not lost.
    const end = close < 0 ? this.#storage.length : close
    const text = removeControls(this.#storage.slice(start, end))
    const tell = (handler: MarkupHandler) => text !== '' && handler.text(text)
    return { end: close < 0 ? end : end + 3, tell }
  }

  #skipTo(close: string, from: number): Markup | undefined {
    if (this.#absent.has(close)) return undefined
    const at = this.#storage.indexOf(close, from)
    if (at >= 0) return { end: at + close.length, tell: () => undefined }
    this.#absent.add(close)
    return undefined
  }

  #readTag(mark: number): Markup | undefined {
    TAG_NAME.lastIndex = mark + 1
    const [match, slash, raw = ''] = TAG_NAME.exec(this.#storage) ?? []
    if (match === undefined) return undefined
    const start = mark + 1 + match.length
    const close = this.#endOfTag(start)
    if (close === undefined) return undefined
    const name = raw.toLowerCase()
    const end = close + 1
    if (slash === '/') return { end, tell: (handler) => handler.close(name) }
    const isEmpty = this.#storage[close - 1] === '/'
    const attributes = this.#storage.slice(start, isEmpty ? Math.max(start, close - 1) : close)
    return { end, tell: (handler) => handler.open(name, attributes, isEmpty) }
  }

  /** Where the tag's `>` is. A `<` is not allowed in a tag, not even in quotes (XML 1.0, 3.1): no tag is read beyond the next. */
  #endOfTag(from: number): number | undefined {
    let quote = ''
    for (let at = from; at < this.#storage.length; at++) {
      const char = this.#storage[at]
      if (char === '<') return undefined
      if (quote !== '') {
        if (char === quote) quote = ''
      } else if (char === '"' || char === "'") quote = char
      else if (char === '>') return at
    }
    return undefined
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
