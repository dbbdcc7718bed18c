// Reads HTML and XML as it arrives and holds no tree: elements with the few attributes that are asked for, and text.
// No entities but those of HTML or XML themselves are resolved: a document cannot define any.
import { Parser } from 'htmlparser2'
import { MAX_DEPTH } from './limits.ts'
import { Unreadable } from './unreadable.ts'

/** Characters of an attribute's value that are kept: images within pages are longer, and no text. */
const MAX_VALUE = 4_096

/** Characters of XML in which there may be no more than one tag, comment or attribute: the parser holds all of it. */
const MAX_TOKEN = 4 * 1024 * 1024

export type Attributes = ReadonlyMap<string, string>

export interface MarkupHandler {
  /** Every element that is opened is closed, at the end of the document at the latest. */
  readonly open: (name: string, attributes: Attributes) => void
  readonly close: (name: string) => void
  /** May come in pieces. */
  readonly text: (text: string) => void
}

export interface MarkupOptions {
  /**
   * XML: names keep their case, but elements lose their prefixes. A document type, an element without an end, or no element
   * at all is `broken_file`.
   */
  readonly isXml?: boolean
  /** Attributes to tell of. In XML, `id` is one without a prefix and `:id` one with any: `r:id`. */
  readonly attributes: ReadonlySet<string>
}

export class MarkupReader {
  readonly #parser: Parser
  readonly #handler: MarkupHandler
  /** The element whose start tag is being read. Attributes are not gathered by the parser, as one tag may have millions. */
  #opening: { readonly name: string; readonly attributes: Map<string, string> } | undefined
  #depth = 0
  readonly #isXml: boolean
  #isBegun = false
  /** Characters since the parser last told of anything. */
  #unheard = 0

  constructor(handler: MarkupHandler, { isXml = false, attributes }: MarkupOptions) {
    this.#handler = handler
    this.#isXml = isXml
    const local = isXml ? localName : (name: string) => name
    const known = isXml ? keyOf : (name: string) => name
    const setting = {
      onopentagname: (name: string) => {
        this.#settle()
        if (++this.#depth > MAX_DEPTH) throw new Unreadable('broken_file')
        this.#isBegun = true
        this.#opening = { name: local(name), attributes: new Map() }
      },
      onattribute: (name: string, value: string) => {
        this.#unheard = 0
        const key = known(name)
        if (attributes.has(key)) this.#opening?.attributes.set(key, value.slice(0, MAX_VALUE))
      },
      onclosetag: (name: string, isImplied: boolean) => {
        // What closes itself is closed before anything else is told.
        if (isXml && isImplied && this.#opening === undefined) throw new Unreadable('broken_file')
        this.#settle()
        this.#depth--
        handler.close(local(name))
      },
      ontext: (text: string) => {
        this.#settle()
        handler.text(text)
      },
      onprocessinginstruction: (name: string) => {
        if (isXml && name.startsWith('!')) throw new Unreadable('broken_file')
      },
    }
    this.#parser = new Parser(setting, { xmlMode: isXml, decodeEntities: true })
  }

  write(piece: string): void {
    this.#unheard += piece.length
    this.#parser.write(piece)
    if (this.#isXml && this.#unheard > MAX_TOKEN) throw new Unreadable('broken_file')
  }

  end(): void {
    this.#parser.end()
    if (this.#isXml && !this.#isBegun) throw new Unreadable('broken_file')
  }

  #settle(): void {
    this.#unheard = 0
    const opening = this.#opening
    if (opening === undefined) return
    this.#opening = undefined
    this.#handler.open(opening.name, opening.attributes)
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function keyOf(name: string): string {
  return name.slice(Math.max(name.indexOf(':'), 0))
}
