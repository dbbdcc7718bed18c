// Tells a renderer what a line holds, with white space collapsed and outside of all marks, and every mark opened once and closed.
import type { Image, Inline, Mark } from './document.ts'
import { collapseSpace } from './replace-in-parts.ts'

export interface InlineHandler {
  readonly open: (mark: Mark) => void
  readonly close: (mark: Mark) => void
  readonly text: (text: string) => void
  readonly code: (text: string) => void
  readonly image: (image: Image) => void
  readonly lineBreak: () => void
}

/** What lies between two pieces: a break outdoes a space, and neither is told before the first piece or after the last. */
type Gap = '' | ' ' | 'break'

/** `space` is what counts as white space. */
export function walkInlines(inlines: readonly Inline[], space: RegExp, handler: InlineHandler) {
  new InlineWalker(space, handler).walk(inlines)
}

class InlineWalker {
  readonly #space: RegExp
  readonly #handler: InlineHandler
  #open: readonly Mark[] = []
  #isBegun = false
  #gap: Gap = ''
  #breaks = 0

  constructor(space: RegExp, handler: InlineHandler) {
    this.#space = space
    this.#handler = handler
  }

  walk(inlines: readonly Inline[]): void {
    for (const inline of inlines) {
      if (inline.kind === 'break') {
        this.#gap = 'break'
        this.#breaks++
      } else if (inline.kind === 'image') {
        this.#begin(inline.marks)
        this.#handler.image(inline)
      } else this.#tellText(inline.text, inline.marks, inline.kind)
    }
    this.#closeTo(0)
  }

  #tellText(raw: string, marks: readonly Mark[], kind: 'text' | 'code'): void {
    const text = collapseSpace(raw, this.#space)
    if (text.startsWith(' ')) this.#widenGap()
    if (text === '' || text === ' ') return
    this.#begin(marks)
    this.#handler[kind](
      text.slice(text.startsWith(' ') ? 1 : 0, text.endsWith(' ') ? -1 : undefined),
    )
    if (text.endsWith(' ')) this.#widenGap()
  }

  #widenGap(): void {
    if (this.#gap === '') this.#gap = ' '
  }

  /** Marks begin and end at what can be seen: Markdown knows no bold that begins with a space. */
  #begin(marks: readonly Mark[]): void {
    let common = 0
    while (common < marks.length && isSameMark(this.#open[common], marks[common])) common++
    this.#closeTo(common)
    if (this.#isBegun) this.#tellGap()
    this.#isBegun = true
    this.#gap = ''
    this.#breaks = 0
    for (const mark of marks.slice(common)) this.#handler.open(mark)
    this.#open = marks
  }

  #tellGap(): void {
    if (this.#gap === ' ') this.#handler.text(' ')
    for (let count = 0; count < this.#breaks; count++) this.#handler.lineBreak()
  }

  #closeTo(count: number): void {
    for (let at = this.#open.length - 1; at >= count; at--) {
      const mark = this.#open[at]
      if (mark !== undefined) this.#handler.close(mark)
    }
    this.#open = this.#open.slice(0, count)
  }
}

function isSameMark(one: Mark | undefined, other: Mark | undefined): boolean {
  return one === other && one !== undefined
}

/** White space of a page; in plain text and Markdown, a space that does not break is one like any other. */
export const ALL_SPACE = /[ \t\n\r\f\u00a0]+/g
export const BREAKING_SPACE = /[ \t\n\r\f]+/g
