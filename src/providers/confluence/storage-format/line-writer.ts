// Writes lines behind the signs of what they are in: each line is written once, however deep it lies.

export class LineWriter {
  readonly #lines: string[] = []
  /** What stands before every line. */
  #prefix = ''
  /** What stands before the next line instead. */
  #first: string | undefined

  line(text: string): void {
    const before = this.#first ?? this.#prefix
    // The space behind a sign is none of a line without text; that at a line's end may be code's.
    this.#lines.push(text === '' ? before.trimEnd() : before + text)
    this.#first = undefined
  }

  lines(text: string): void {
    for (const line of text.split('\n')) this.line(line)
  }

  blank(): void {
    this.line('')
  }

  /** Writes lines in an item or a quote, the first behind a sign of its own. One without lines is its sign alone. */
  nest(first: string, others: string, write: () => void): void {
    const outer = this.#prefix
    this.#first = (this.#first ?? outer) + first
    this.#prefix = outer + others
    write()
    if (this.#first !== undefined) this.line('')
    this.#prefix = outer
  }

  finish(): string {
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`
  }
}
