// Collects blocks: cleans their text and keeps what they hold together within the limits.
import type { Block } from './block.ts'
import { MAX_BLOCKS, MAX_TEXT, MAX_TITLE } from './limits.ts'
import { Unreadable } from './unreadable.ts'

const MAX_LEVEL = 6

export class BlockWriter {
  readonly blocks: Block[] = []
  /** The page or slide of the blocks that follow, from 1. */
  page: number | undefined
  #length = 0

  /** @param level 1 and up; deeper ones than 6 become 6 */
  heading(level: number, text: string): void {
    this.#add('heading', cleanLine(text), Math.min(Math.max(level, 1), MAX_LEVEL))
  }

  add(kind: 'paragraph' | 'list_item', text: string): void {
    this.#add(kind, cleanLine(text))
  }

  /** Its line breaks and blanks are kept. */
  code(text: string): void {
    this.#add('code', cleanCode(text))
  }

  /** Cells stand apart as `a | b | c`; empty ones at the end are left out. */
  row(cells: readonly string[]): void {
    const clean = cells.map(cleanLine)
    while (clean.at(-1) === '') clean.pop()
    const isEmpty = clean.every((cell) => cell === '')
    // Between two bars that part an empty cell, one blank is enough.
    this.#add('table_row', isEmpty ? '' : clean.join(' | ').replace(/ {2,}/g, ' ').trim())
  }

  #add(kind: Block['kind'], text: string, level?: number): void {
    if (text === '') return
    this.#length += text.length + WIDE_EXTRA * countWide(text)
    const isTooMuch = this.#length > MAX_TEXT || this.blocks.length >= MAX_BLOCKS
    if (isTooMuch) throw new Unreadable('too_much_text')
    const page = this.page
    this.blocks.push({
      kind,
      text,
      ...(level !== undefined && { level }),
      ...(page !== undefined && { page }),
    })
  }
}

/** What a character that is searched in pairs costs beyond another one: each has several terms in the index. */
const WIDE_EXTRA = 4
/** From the CJK radicals on: Chinese, Japanese, Korean, and what else lies there. */
const FIRST_WIDE = 0x2e80

function countWide(text: string): number {
  if (!/[\u2e80-\uffff]/.test(text)) return 0
  let count = 0
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= FIRST_WIDE) count++
  return count
}

/** One line: blanks of any kind collapsed, and nothing that cannot be seen. */
export function cleanLine(text: string): string {
  const seen = clean(text)
  return seen.includes('  ') || /[^\S ]/.test(seen) ? seen.replace(/\s+/g, ' ').trim() : seen.trim()
}

/** What a file calls itself, on one line and not too long. */
export function cleanTitle(text: string): string {
  return cleanLine(text.slice(0, MAX_TITLE))
}

function cleanCode(text: string): string {
  const seen = clean(text).replace(/\r\n?|[\u2028\u2029]/g, '\n')
  return seen.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd()
}

/** Printable ASCII and line breaks need no cleaning. */
const PLAIN = /^[\t\n\r\x20-\x7e]*$/
const CONTROLS = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/g
/** Soft hyphen, zero-width space, word joiner and byte order mark: they would part words that are searched for. */
const UNSEEN = /[\u00ad\u200b\u2060\ufeff]/g

/** Two or three letters in one character: words have to be found whichever way they are set. */
const LIGATURES = /[\ufb00-\ufb06]/g

function clean(text: string): string {
  if (PLAIN.test(text)) return text
  const seen = text.toWellFormed().replace(UNSEEN, '').replace(CONTROLS, '')
  return seen.replace(LIGATURES, (letters) => letters.normalize('NFKC')).normalize('NFC')
}
