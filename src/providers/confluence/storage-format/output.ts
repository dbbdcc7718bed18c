// Collects what a writer writes, in little room, and no more of it than the page's budget has.
import type { PageBudget } from './page-budget.ts'

/** A string that was put together keeps its parts until it is read as a whole: so many pieces at most are kept as they came. */
const MAX_PIECES = 1024

export class Output {
  readonly budget: PageBudget
  readonly #chunks: string[] = []
  #pieces: string[] = []

  constructor(budget: PageBudget) {
    this.budget = budget
  }

  push(text: string): void {
    this.budget.write(text.length)
    if (this.#pieces.push(text) < MAX_PIECES) return
    this.#chunks.push(this.#pieces.join(''))
    this.#pieces = []
  }

  finish(): string {
    return this.#chunks.join('') + this.#pieces.join('')
  }
}
