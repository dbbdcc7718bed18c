// Follows a sheet's cells and writes its rows; cells that are not there keep their place as far as that tells columns apart.
import { MAX_BLOCK, MAX_COLUMNS } from './limits.ts'
import type { Attributes, MarkupHandler } from './markup-reader.ts'
import { Unreadable } from './unreadable.ts'
import type { NumberFormats } from './xlsx-formats.ts'

export const SHEET_ATTRIBUTES: ReadonlySet<string> = new Set(['r', 's', 't'])

/** Empty cells side by side that are told apart; before a value that is farther away stands one. */
const MAX_GAP = 16

export class SheetText implements MarkupHandler {
  readonly #strings: readonly string[]
  readonly #formats: NumberFormats
  readonly #write: (cells: readonly string[]) => void
  #cells: string[] = []
  /** Characters of the row so far: strings that cells share may come any number of times. */
  #length = 0
  /** The column of the cell before, from 1. */
  #column = 0
  #type = ''
  #style = 0
  #value = ''
  #isValue = false

  constructor(
    strings: readonly string[],
    formats: NumberFormats,
    write: (cells: readonly string[]) => void,
  ) {
    this.#strings = strings
    this.#formats = formats
    this.#write = write
  }

  open(name: string, attributes: Attributes): void {
    if (name === 'row') this.#beginRow()
    else if (name === 'c') this.#beginCell(attributes)
    // Inline strings have their text in runs.
    else this.#isValue = name === 'v' || name === 't'
  }

  close(name: string): void {
    this.#isValue = false
    if (name === 'c') this.#endCell()
    else if (name === 'row') this.#write(this.#cells)
  }

  text(text: string): void {
    if (!this.#isValue) return
    this.#value += text
    if (this.#value.length > MAX_BLOCK) throw new Unreadable('too_much_text')
  }

  #beginRow(): void {
    this.#cells = []
    this.#column = this.#length = 0
  }

  #beginCell(attributes: Attributes): void {
    const column = columnOf(attributes.get('r')) ?? this.#column + 1
    const gap = column - this.#column - 1
    for (let at = 0; at < (gap > MAX_GAP ? 1 : gap); at++) this.#cells.push('')
    this.#column = column
    this.#type = attributes.get('t') ?? 'n'
    this.#style = Number(attributes.get('s') ?? 0)
    this.#value = ''
  }

  #endCell(): void {
    const shown = this.#shown()
    this.#cells.push(shown)
    this.#length += shown.length
    if (this.#cells.length > MAX_COLUMNS) throw new Unreadable('broken_file')
    if (this.#length > MAX_BLOCK) throw new Unreadable('too_much_text')
  }

  #shown(): string {
    const value = this.#value
    switch (this.#type) {
      case 's':
        return this.#strings[Number(value)] ?? ''
      case 'b':
        return value === '1' ? 'TRUE' : 'FALSE'
      // #N/A and its like: nobody looks for them.
      case 'e':
        return ''
      case 'n': {
        const number = Number(value)
        return value.trim() === '' || Number.isNaN(number)
          ? value
          : this.#formats(number, this.#style)
      }
      default:
        return value
    }
  }
}

/** `AB12` is in column 28. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^([A-Z]{1,3})\d/.exec(reference ?? '')?.[1]
  if (letters === undefined) return undefined
  return Array.from(letters).reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0)
}
