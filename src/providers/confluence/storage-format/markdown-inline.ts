// Writes what stands in a line as Markdown: marks as Markdown's own where they are read as such, else as HTML's.
import type { Emphasis, Image, Inline, Mark } from './document.ts'
import { escapeMarkdown } from './markdown-escape.ts'
import { replaceInParts } from './replace-in-parts.ts'
import { isLink } from './scope.ts'
import { ALL_SPACE, walkInlines } from './walk-inlines.ts'

/** A cell and a heading are one line; only a line of a paragraph can begin a block. */
export type LinePlace = 'paragraph' | 'heading' | 'cell'

type Piece =
  | { readonly kind: 'text' | 'code'; text: string }
  | { readonly kind: 'image'; readonly image: Image }
  | { readonly kind: 'break' }
  | { readonly kind: 'open' | 'close'; readonly pair: Pair }

/** Both ends of a mark; how it is written depends on what stands at each. */
interface Pair {
  readonly mark: Mark
  readonly openAt: number
  closeAt: number
}

export function renderInlines(inlines: readonly Inline[], place: LinePlace): string {
  const line = new Line(collectPieces(inlines), place).render()
  // Also a code span's bar would end the cell: https://github.github.com/gfm/#example-200
  return place === 'cell' ? escapeBars(line) : line
}

/** A cell ends at a bar. */
export function escapeBars(line: string): string {
  return replaceInParts(line, /\|/g, () => '\\|')
}

function collectPieces(inlines: readonly Inline[]): readonly Piece[] {
  const pieces: Piece[] = []
  const open: Pair[] = []
  const addText = (kind: 'text' | 'code') => (text: string) => {
    const last = pieces.at(-1)
    if (last?.kind === kind) last.text += text
    else pieces.push({ kind, text })
  }
  walkInlines(inlines, ALL_SPACE, {
    open: (mark) => {
      const pair = { mark, openAt: pieces.length, closeAt: 0 }
      open.push(pair)
      pieces.push({ kind: 'open', pair })
    },
    close: () => {
      const pair = open.pop()
      if (pair === undefined) return
      pair.closeAt = pieces.length
      pieces.push({ kind: 'close', pair })
    },
    text: addText('text'),
    code: addText('code'),
    image: (image) => pieces.push({ kind: 'image', image }),
    lineBreak: () => pieces.push({ kind: 'break' }),
  })
  return pieces
}

/** GitHub shows `<ins>` underlined, and `<u>` not at all. */
const TAGS: Readonly<Record<Emphasis, string>> = {
  strong: 'strong',
  emphasis: 'em',
  strike: 'del',
  underline: 'ins',
  sub: 'sub',
  sup: 'sup',
}

const DELIMITERS: Readonly<Partial<Record<Emphasis, string>>> = {
  strong: '**',
  emphasis: '_',
  strike: '~~',
}

const BREAKS: Readonly<Record<LinePlace, string>> = {
  paragraph: '\\\n',
  heading: ' ',
  cell: '<br>',
}

class Line {
  readonly #pieces: readonly Piece[]
  readonly #place: LinePlace
  #isInLink = false
  #isInStrike = false

  constructor(pieces: readonly Piece[], place: LinePlace) {
    this.#pieces = pieces
    this.#place = place
  }

  render(): string {
    let line = ''
    for (let at = 0; at < this.#pieces.length; at++) {
      const address = this.#autolinkAt(at)
      if (address !== undefined) at += 2
      line += address ?? this.#renderPiece(at)
    }
    return line
  }

  #renderPiece(at: number): string {
    const piece = this.#pieces[at]
    switch (piece?.kind) {
      case 'text':
        return this.#renderText(piece.text, at)
      case 'code':
        return codeSpan(piece.text)
      case 'image':
        return renderImage(piece.image)
      case 'break':
        return BREAKS[this.#place]
      case 'open':
      case 'close':
        return this.#renderMark(piece.pair, piece.kind === 'open')
      case undefined:
        return ''
    }
  }

  #renderText(text: string, at: number): string {
    const before = this.#pieces[at - 1]
    const isFirst = before === undefined || before.kind === 'break'
    const isLineStart = isFirst && this.#place === 'paragraph'
    const escaped = escapeMarkdown(text, {
      isLineStart,
      isInBrackets: this.#isInLink,
      isInStrike: this.#isInStrike,
    })
    const after = this.#pieces[at + 1]
    // "!" and a link are an image; "#" at the end of a heading is no text.
    if (after?.kind === 'open' && isLink(after.pair.mark)) return escaped.replace(/!$/, '\\!')
    const isHeadingEnd = after === undefined && this.#place === 'heading'
    return isHeadingEnd ? escaped.replace(/#$/, '\\#') : escaped
  }

  #renderMark(pair: Pair, isOpen: boolean): string {
    const { mark } = pair
    if (isLink(mark)) {
      this.#isInLink = isOpen
      return isOpen ? '[' : `](${destination(mark.url)})`
    }
    if (mark === 'strike') this.#isInStrike = isOpen
    const delimiter = DELIMITERS[mark]
    if (delimiter !== undefined && this.#isRead(pair, delimiter)) return delimiter
    return isOpen ? `<${TAGS[mark]}>` : `</${TAGS[mark]}>`
  }

  /** Whether delimiters at these places are read as such: https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run */
  #isRead({ openAt, closeAt }: Pair, delimiter: string): boolean {
    const isWhole = delimiter === '_'
    return (
      isFlanking(this.#charBefore(openAt), this.#charAfter(openAt), isWhole) &&
      isFlanking(this.#charAfter(closeAt), this.#charBefore(closeAt), isWhole)
    )
  }

  #charBefore(at: number): string {
    const piece = this.#pieces[at - 1]
    if (piece === undefined) return ' '
    if (piece.kind === 'text') return [...piece.text.slice(-2)].at(-1) ?? ' '
    return piece.kind === 'break' ? BREAKS[this.#place].slice(-1) : PUNCTUATION
  }

  #charAfter(at: number): string {
    const piece = this.#pieces[at + 1]
    if (piece === undefined) return ' '
    if (piece.kind === 'text') return String.fromCodePoint(piece.text.codePointAt(0) ?? 32)
    return piece.kind === 'break' ? BREAKS[this.#place].slice(0, 1) : PUNCTUATION
  }

  /** An address that is its own text needs no brackets. */
  #autolinkAt(at: number): string | undefined {
    const open = this.#pieces[at]
    if (open?.kind !== 'open' || !isLink(open.pair.mark)) return undefined
    const text = this.#pieces[at + 1]
    if (text?.kind !== 'text' || text.text !== open.pair.mark.url) return undefined
    if (open.pair.closeAt !== at + 2) return undefined
    return /^https?:[^\s<>&]+$/i.test(text.text) ? `<${text.text}>` : undefined
  }
}

/** What marks, links, code and images begin and end with. */
const PUNCTUATION = '*'

/** Symbols are punctuation since CommonMark 0.31 and were none before: they never decide. */
function isFlanking(outside: string, inside: string, isWhole: boolean): boolean {
  if (/\s/.test(inside)) return false
  const isApart = /[\s\p{P}$+<=>^`|~]/u.test(outside)
  return isApart || (!isWhole && !/[\p{P}\p{S}]/u.test(inside))
}

export function codeSpan(code: string): string {
  const fence = '`'.repeat(longestRun(code) + 1)
  const isPadded = code.startsWith('`') || code.endsWith('`') || /^ .*\S.* $/.test(code)
  return isPadded ? `${fence} ${code} ${fence}` : fence + code + fence
}

/** The most backticks in a row. */
export function longestRun(code: string): number {
  let longest = 0
  for (const [run] of code.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return longest
}

function renderImage({ alt, name, isFile, url }: Image): string {
  const words = alt || name
  const text = escapeMarkdown(words, { isLineStart: false, isInBrackets: true, isInStrike: true })
  // The name of a file without an address leads to it where both are kept in one folder.
  const address = url ?? (isFile ? encodeURIComponent(name) : undefined)
  return address === undefined ? text : `![${text}](${destination(address)})`
}

/** An address has no spaces in it; what would end a destination or a cell is encoded, and nothing refers to a character. */
function destination(address: string): string {
  const encoded = replaceInParts(
    address,
    /[()|\\]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return encoded.replace(/&(?=#?\w+;)/g, '&amp;')
}
