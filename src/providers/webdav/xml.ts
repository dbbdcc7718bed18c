// Reads XML as it arrives: elements by namespace, text, references. No DTDs, so no entities but the five of XML itself.
// A general parser takes most of the time that a listing of a thousand entries may take; this one knows what a multistatus
// document can hold (XML 1.0, Namespaces in XML 1.0) and refuses the rest.

/** What is told of a document. `local` is the name behind the prefix of its wanted namespace, empty for an element of any other. */
export interface XmlHandler {
  readonly open: (local: string) => void
  readonly close: (local: string) => void
  /** Text as it stands there; {@link decodeText} resolves its references. `isLiteral`: from a CDATA section, nothing to resolve. */
  readonly text: (raw: string, isLiteral: boolean) => void
}

/** Characters that one tag, comment or piece of text may have: all of them are held until it ends. */
const MAX_TOKEN = 256 * 1024

/** An Error says that the document is not well-formed, or holds what is not taken. */
export class XmlReader {
  readonly #namespaces: ReadonlyMap<string, string>
  readonly #handler: XmlHandler
  readonly #stack: { readonly name: string; readonly scope: Scope }[] = []
  #rest = ''
  #isBegun = false

  /** @param namespaces the wanted ones, each with the prefix that its names get, whatever stands in the document */
  constructor(namespaces: ReadonlyMap<string, string>, handler: XmlHandler) {
    this.#namespaces = namespaces
    this.#handler = handler
  }

  write(chunk: string): void {
    const data = this.#rest + chunk
    let at = 0
    for (;;) {
      const mark = data.indexOf('<', at)
      if (mark < 0) break
      const end = this.#readMarkup(data, mark)
      // Not all of it is there yet; the text before it is.
      if (mark > at) this.#readText(data.slice(at, mark))
      at = mark
      if (end === undefined) break
      this.#apply(data, mark, end)
      at = end
    }
    this.#rest = data.slice(at)
    if (this.#rest.length > MAX_TOKEN) throw new Error('a token without an end')
  }

  close(): void {
    const isWhole = this.#isBegun && this.#stack.length === 0 && this.#rest.trim() === ''
    if (!isWhole) throw new Error('the document ends too early')
  }

  /** The position behind the markup that begins at `mark`; undefined while it is incomplete. */
  #readMarkup(data: string, mark: number): number | undefined {
    switch (data[mark + 1]) {
      case undefined:
        return undefined
      case '/':
        return endOf(data, '>', mark)
      case '?':
        return endOf(data, '?>', mark)
      case '!':
        return readDeclaration(data, mark)
      default:
        return endOfTag(data, mark)
    }
  }

  #apply(data: string, mark: number, end: number): void {
    const kind = data[mark + 1]
    if (kind === '?') return
    if (kind === '/') this.#closeElement(data.slice(mark + 2, end - 1).trimEnd())
    else if (kind !== '!') this.#openElement(data.slice(mark + 1, end - 1))
    else if (data.startsWith(CDATA, mark)) {
      if (this.#stack.length === 0) throw new Error('text outside of the root')
      this.#handler.text(data.slice(mark + CDATA.length, end - 3), true)
    }
  }

  #readText(raw: string): void {
    if (this.#stack.length > 0) this.#handler.text(raw, false)
    else if (raw.trim() !== '') throw new Error('text outside of the root')
  }

  #openElement(tag: string): void {
    const isEmpty = tag.endsWith('/')
    const content = isEmpty ? tag.slice(0, -1) : tag
    const space = content.search(/\s/)
    const name = space < 0 ? content : content.slice(0, space)
    const above = this.#stack.at(-1)
    if (above === undefined && this.#isBegun) throw new Error('more than one root')
    this.#isBegun = true
    const outer = above?.scope ?? new Scope(this.#namespaces, new Map())
    const scope = space < 0 ? outer : outer.enter(content.slice(space))
    const local = scope.localName(name)
    this.#handler.open(local)
    if (isEmpty) this.#handler.close(local)
    else this.#stack.push({ name, scope })
  }

  #closeElement(name: string): void {
    const element = this.#stack.pop()
    if (element?.name !== name) throw new Error('an end tag without its start')
    this.#handler.close(element.scope.localName(name))
  }
}

const CDATA = '<![CDATA['

function endOf(data: string, mark: string, from: number): number | undefined {
  const at = data.indexOf(mark, from)
  return at < 0 ? undefined : at + mark.length
}

/** Comments and CDATA sections; a DOCTYPE, and with it every entity of a stranger's making, is refused. */
function readDeclaration(data: string, mark: number): number | undefined {
  if (data.startsWith('<!--', mark)) return endOf(data, '-->', mark + 4)
  if (data.startsWith(CDATA, mark)) return endOf(data, ']]>', mark)
  const seen = data.slice(mark, mark + CDATA.length)
  if ('<!--'.startsWith(seen) || CDATA.startsWith(seen)) return undefined
  throw new Error('a declaration')
}

/** A start tag's end: `>` may also stand in an attribute's value. */
function endOfTag(data: string, mark: number): number | undefined {
  let at = mark + 1
  for (;;) {
    const end = data.indexOf('>', at)
    if (end < 0) return undefined
    const quote = data.slice(at, end).search(/["']/)
    if (quote < 0) return end + 1
    const closing = data.indexOf(data[at + quote] ?? '', at + quote + 1)
    if (closing < 0) return undefined
    at = closing + 1
  }
}

/** The namespaces in force at an element; each name is resolved once for each place that declares any. */
class Scope {
  /** Empty for names of other namespaces. */
  readonly #locals = new Map<string, string>()

  constructor(
    readonly namespaces: ReadonlyMap<string, string>,
    readonly uris: ReadonlyMap<string, string>,
  ) {}

  /** The scope inside an element with these attributes. */
  enter(attributes: string): Scope {
    const found = [...attributes.matchAll(ATTRIBUTE)]
    const read = found.reduce((length, [match]) => length + match.length, 0)
    if (read !== attributes.trimEnd().length) throw new Error('an attribute that cannot be read')
    const declared = found.filter(([, name]) => name === 'xmlns' || name?.startsWith('xmlns:'))
    if (declared.length === 0) return this
    const uris = new Map(this.uris)
    for (const [, name = '', value = ''] of declared) {
      uris.set(name.slice('xmlns:'.length), decodeText(value.slice(1, -1)))
    }
    return new Scope(this.namespaces, uris)
  }

  localName(name: string): string {
    const known = this.#locals.get(name)
    if (known !== undefined) return known
    if (!NAME.test(name)) throw new Error('a name that is none')
    const colon = name.indexOf(':')
    const uri = this.uris.get(name.slice(0, Math.max(0, colon)))
    const prefix = uri === undefined ? undefined : this.namespaces.get(uri)
    const local = prefix === undefined ? '' : prefix + name.slice(colon + 1)
    this.#locals.set(name, local)
    return local
  }
}

const ATTRIBUTE = /\s+([^\s=<>"'/]+)\s*=\s*("[^"<]*"|'[^'<]*')/g
const NAME = /^[^\s<>&"'=/]+$/

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Resolves character references and the five entities of XML; any other is an Error. */
export function decodeText(raw: string): string {
  if (!raw.includes('&')) return raw
  return raw.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]+));|&/g,
    (_, hex, decimal, name) => {
      if (hex !== undefined) return String.fromCodePoint(parseInt(String(hex), 16))
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
      const text = NAMED[String(name)]
      if (text === undefined) throw new Error('a reference to nothing')
      return text
    },
  )
}
