// CSV and its kin: each record is a row that says what its values are, so that it can be understood where it is found.
import Papa from 'papaparse'
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { openText, readPieces } from './text-source.ts'
import { Unreadable } from './unreadable.ts'

/** Characters that are parsed at once, and that a record may have: an array of cells is larger than its text. */
const WINDOW = 1024 * 1024

/** Characters from which the delimiter is told. */
const SAMPLE = 32 * 1024

/** Files beyond this keep the names of their columns in the first row only: with each row, they would be several times as long. */
const MAX_NAMED = 1_000_000

/** Characters of all names of columns together that are repeated with each row. */
const MAX_HEADER = 1_000

const DELIMITERS = [',', ';', '\t', '|']

export async function readCsv(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<undefined> {
  const rows = new RowWriter(writer, bytes.length <= MAX_NAMED)
  let reader: RecordReader | undefined
  let open = ''
  for (const piece of readPieces(openText(bytes))) {
    await clock.breathe(piece.length)
    open += piece
    if (open.length < WINDOW) continue
    reader ??= new RecordReader(open)
    open = reader.read(open, (record) => rows.write(record), false)
    if (open.length >= WINDOW) throw new Unreadable('too_much_text')
  }
  reader ??= new RecordReader(open)
  reader.read(open, (record) => rows.write(record), true)
}

/** Parses windows of a file, whose last record may be cut. */
class RecordReader {
  readonly #delimiter: string
  #quoteChar = '"'
  #isBegun = false

  constructor(start: string) {
    this.#delimiter = delimiterOf(start.slice(0, SAMPLE))
  }

  /** Returns what is left: the beginning of a record. */
  read(window: string, write: (record: string[]) => void, isLast: boolean): string {
    const text = this.#isBegun ? window : window.replace(/^"?sep=.?"?\n/, '')
    this.#isBegun = true
    const end = this.#parse(text, write, isLast)
    if (end > 0 || isLast) return text.slice(end)
    // A quote that nothing closes would swallow the rest of the file: from here on quotes are characters like others.
    this.#quoteChar = '\0'
    return text.slice(this.#parse(text, write, false))
  }

  #parse(text: string, write: (record: string[]) => void, isLast: boolean): number {
    let held: { readonly record: string[]; readonly end: number } | undefined
    let end = 0
    Papa.parse(text, {
      delimiter: this.#delimiter,
      newline: '\n',
      quoteChar: this.#quoteChar,
      step: ({ data, meta }) => {
        if (held !== undefined) {
          write(held.record)
          end = held.end
        }
        held = { record: data, end: meta.cursor }
      },
    })
    if (held === undefined || !isLast) return end
    write(held.record)
    return text.length
  }
}

function delimiterOf(sample: string): string {
  const separator = /^"?sep=([^\n"])"?\n/.exec(sample)?.[1]
  if (separator !== undefined) return separator
  const { meta } = Papa.parse(sample, {
    newline: '\n',
    preview: 20,
    delimitersToGuess: DELIMITERS,
  })
  return meta.delimiter
}

/** Rows as `Name: Ann | City: Bonn` below a row of names, otherwise as `Ann | Bonn`. */
class RowWriter {
  readonly #writer: BlockWriter
  readonly #isNamed: boolean
  #names: readonly string[] | undefined

  constructor(writer: BlockWriter, isNamed: boolean) {
    this.#writer = writer
    this.#isNamed = isNamed
  }

  write(record: readonly string[]): void {
    const isFirst = this.#names === undefined
    if (isFirst) this.#names = this.#isNamed && isHeader(record) ? record : []
    if (isFirst || this.#names!.length === 0) return this.#writer.row(record)
    const named = record.map((cell, at) => {
      const name = this.#names![at]?.trim() ?? ''
      return name === '' || cell.trim() === '' ? cell : `${name}: ${cell}`
    })
    this.#writer.row(named.filter((cell) => cell.trim() !== ''))
  }
}

/** Names are short, each is another, and none is a number. */
function isHeader(record: readonly string[]): boolean {
  const names = record.map((cell) => cell.trim()).filter((cell) => cell !== '')
  return (
    names.length > 1 &&
    names.length >= record.length - 1 &&
    new Set(names).size === names.length &&
    names.join('').length <= MAX_HEADER &&
    names.every((name) => !/^[\d.,:/+-]+$/.test(name))
  )
}
