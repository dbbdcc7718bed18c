// Writes lines behind the signs of what they are in: each line is written once, however deep it lies.
import { Output } from './output.ts'
import type { PageBudget } from './page-budget.ts'

export class LineWriter {
  readonly budget: PageBudget
  readonly #output: Output
  /** What stands before every line. */
  #prefix = ''
  /** What stands before the next line instead. */
  #first: string | undefined

  constructor(budget: PageBudget) {
    this.budget = budget
    this.#output = new Output(budget)
  }

  line(text: string): void {
    const before = this.#first ?? this.#prefix
    // The space behind a sign is none of a line without text; that at a line's end may be code's.
    this.#output.push(text === '' ? before.trimEnd() : before)
    this.#output.push(text)
    this.#output.push('\n')
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
    return this.#output.finish()
  }
}
