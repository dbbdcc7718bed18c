// Puts the cells of rows into columns: cells that span some leave the others empty, as many as the page's budget has.
import type { Cell } from './document.ts'
import type { PageBudget } from './page-budget.ts'

/** Where the cells above reach to. One of these goes through the rows of a table, in order. */
export class TableLayout {
  /** For each column, the first row that no cell from above reaches into. */
  readonly #freeFrom: number[] = []
  readonly #budget: PageBudget
  #row = -1

  constructor(budget: PageBudget) {
    this.#budget = budget
  }

  /** The row's cells by column; undefined for a place that a span covers. Places at its end are left out. */
  place(row: readonly Cell[]): (Cell | undefined)[] {
    this.#row++
    const places: (Cell | undefined)[] = []
    for (const [index, cell] of row.entries()) {
      while ((this.#freeFrom[places.length] ?? 0) > this.#row) this.#fill(places)
      this.#span(places.length, cell)
      places.push(cell)
      const isLast = index === row.length - 1
      for (let column = 1; column < cell.columns && !isLast; column++) this.#fill(places)
    }
    return places
  }

  #span(column: number, cell: Cell): void {
    if (cell.rows === 1) return
    for (let at = column; at < column + cell.columns; at++) {
      this.#budget.span()
      this.#freeFrom[at] = this.#row + cell.rows
    }
  }

  #fill(places: (Cell | undefined)[]): void {
    this.#budget.span()
    places.push(undefined)
  }
}
