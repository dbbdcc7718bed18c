// Puts the pieces of text on a page together to lines, and lines to paragraphs, in the order in which the page has them.
import type { BlockWriter } from './block-writer.ts'
import { MAX_BLOCK } from './limits.ts'
import type { TextItem } from './pdf.ts'
import { Unreadable } from './unreadable.ts'

interface Line {
  text: string
  readonly x: number
  readonly y: number
  height: number
}

/** Between paragraphs there is this much more than between their lines. */
const WIDER = 1.25

/** The distance of two lines of one paragraph in heights, at most, where no other tells. */
const MAX_SPACING = 1.9

/** Sizes of one paragraph's lines differ by less than this. */
const OTHER_SIZE = 1.15

/** A first line begins this far to the right, in heights. */
const INDENT = 0.8

/** Marks of lists; the last ones are those of the Symbol and Wingdings fonts. */
const BULLET = /^[•‣▪▫●○◦■□◆➢✓∙·\uf0b7\uf0a7\uf0d8\uf076\uf0fc](?:\s|$)\s*/u

/** A word that goes on in the next line. */
const HYPHEN = /\p{L}[-\u00ad\u2010]$/u

/** Scripts that have no blanks between words, nor between lines. */
const WITHOUT_BLANKS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}、。「」]/u

export class PageLines {
  readonly #writer: BlockWriter
  #line: Line | undefined
  #last: Line | undefined
  #spacing: number | undefined
  #text = ''
  #isItem = false

  constructor(writer: BlockWriter) {
    this.#writer = writer
  }

  add({ str, transform, height, hasEOL }: TextItem): void {
    // Pieces of marked content have no text.
    if (typeof str !== 'string') return
    if (str.trim() !== '' && this.#line === undefined) {
      this.#line = { text: '', x: transform[4] ?? 0, y: transform[5] ?? 0, height }
    }
    if (this.#line !== undefined) {
      this.#line.text += str
      this.#line.height = Math.max(this.#line.height, height)
      if (this.#line.text.length > MAX_BLOCK) throw new Unreadable('too_much_text')
    }
    if (hasEOL) this.#endLine()
  }

  end(): void {
    this.#endLine()
    this.#endParagraph()
  }

  #endLine(): void {
    const line = this.#line
    this.#line = undefined
    if (line === undefined) return
    line.text = line.text.trim()
    const last = this.#last
    this.#last = line
    const isItem = BULLET.test(line.text)
    if (last === undefined || isItem || !this.#goesOn(last, line)) {
      this.#endParagraph()
      this.#spacing = undefined
      this.#isItem = isItem
      this.#text = isItem ? line.text.replace(BULLET, '') : line.text
    } else {
      const distance = last.y - line.y
      if (distance > 0) this.#spacing = distance
      this.#join(line.text)
    }
  }

  #goesOn(last: Line, line: Line): boolean {
    const size = Math.max(last.height, line.height)
    if (size > Math.min(last.height, line.height) * OTHER_SIZE) return false
    const distance = last.y - line.y
    // The next column goes on with a sentence that has not ended.
    if (distance < 0) return /[^.!?:]$/u.test(last.text) && /^\p{Ll}/u.test(line.text)
    const limit = this.#spacing === undefined ? size * MAX_SPACING : this.#spacing * WIDER
    const isIndented = line.x - last.x > size * INDENT && /[.!?:]$/u.test(last.text)
    return distance <= limit && !isIndented
  }

  #join(next: string): void {
    const isCut = HYPHEN.test(this.#text.slice(-3)) && /^\p{Ll}/u.test(next)
    const isSolid = WITHOUT_BLANKS.test(this.#text.slice(-1)) && WITHOUT_BLANKS.test(next[0] ?? '')
    if (isCut) this.#text = this.#text.slice(0, -1) + next
    else this.#text += isSolid ? next : ` ${next}`
    if (this.#text.length > MAX_BLOCK) throw new Unreadable('too_much_text')
  }

  #endParagraph(): void {
    this.#writer.add(this.#isItem ? 'list_item' : 'paragraph', this.#text)
    this.#text = ''
  }
}
