// Puts the cells of rows into columns: cells that span some leave the others empty, and hostile spans cost no more than honest ones.
import type { Cell } from './document.ts'

/** Empty places that spans may make in one table. A few letters of a page ask for millions. */
export const MAX_FILLED = 100_000

/** Where the cells above reach to. One of these goes through the rows of a table, in order. */
export class TableLayout {
  /** For each column, the first row that no cell from above reaches into. */
  readonly #freeFrom: number[] = []
  #row = -1
  #filled = 0

  /** The row's cells by column; undefined for a place that a span covers. Places at its end are left out. */
  place(row: readonly Cell[]): (Cell | undefined)[] {
    this.#row++
    const places: (Cell | undefined)[] = []
    for (const [index, cell] of row.entries()) {
      while ((this.#freeFrom[places.length] ?? 0) > this.#row && this.#mayFill()) {
        places.push(undefined)
      }
      this.#span(places.length, cell)
      places.push(cell)
      const isLast = index === row.length - 1
      for (let column = 1; column < cell.columns && !isLast && this.#mayFill(); column++) {
        places.push(undefined)
      }
    }
    return places
  }

  #span(column: number, cell: Cell): void {
    if (cell.rows === 1) return
    for (let at = column; at < column + cell.columns && this.#mayFill(); at++) {
      this.#freeFrom[at] = this.#row + cell.rows
    }
  }

  #mayFill(): boolean {
    return this.#filled++ < MAX_FILLED
  }
}
