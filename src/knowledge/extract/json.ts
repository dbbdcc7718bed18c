// JSON and JSON lines: the simple members of one object stand together, under the names that lead to it.
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_SOURCE } from './limits.ts'
import { readPlainText } from './text.ts'
import { openText, readWhole } from './text-source.ts'

/** Values that are parsed at once: a parsed value takes up to 150 bytes, whatever its text has. */
const MAX_VALUES = 300_000

/** Values within values. */
const MAX_NESTING = 200

/** Characters beyond which a string is a text of its own, and no value among others. */
const LONG = 200

/** Lines between two looks at the clock. */
const LINES_AT_ONCE = 1_000

/** What is not JSON, or too much of it, is read as plain text: its words can be found all the same. */
export async function readJsonText(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<undefined> {
  const text = readWhole(openText(bytes), MAX_SOURCE)
  const shape = measure(text)
  await clock.breathe()
  if (shape.values > 1 && (await readLines(text, writer, clock))) return
  const value = parse(text, shape)
  if (value === undefined) return readPlainText(bytes, writer, clock)
  write(value, '', writer)
}

interface Shape {
  /** Values on the top level: more than one in JSON lines. */
  readonly values: number
  readonly nested: number
  readonly depth: number
}

/** How much parsing it would make, told without parsing. */
function measure(text: string): Shape {
  let depth = 0
  let deepest = 0
  let values = 0
  let nested = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') at = endOfString(text, at)
    else if (sign === '[' || sign === '{') {
      if (depth === 0) values++
      nested++
      deepest = Math.max(deepest, ++depth)
    } else if (sign === ']' || sign === '}') depth--
    else if (sign === ',') nested++
  }
  return { values, nested, depth: deepest }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function parse(text: string, { nested, depth }: Shape): unknown {
  if (nested > MAX_VALUES || depth > MAX_NESTING) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** False when the first line is no JSON: then these are no JSON lines. A later one that is none is kept as it stands. */
async function readLines(text: string, writer: BlockWriter, clock: Clock): Promise<boolean> {
  let isFirst = true
  let count = 0
  for (let start = 0, end; start < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const line = text.slice(start, end)
    if (line.trim() === '') continue
    const value = parse(line, measure(line))
    if (value !== undefined) write(value, '', writer)
    else if (isFirst) return false
    else writer.add('paragraph', line)
    isFirst = false
    if (++count % LINES_AT_ONCE === 0) await clock.breathe()
  }
  return true
}

function write(value: unknown, path: string, writer: BlockWriter): void {
  const simple: string[] = []
  const rest: (readonly [string, unknown])[] = []
  for (const [name, member] of membersOf(value)) {
    const isNested = typeof member === 'object' && member !== null
    const isLong = typeof member === 'string' && member.length > LONG
    if (isNested || isLong) rest.push([name, member])
    else if (member !== null && member !== '') simple.push(labelled(name, String(member)))
  }
  if (simple.length > 0) {
    const list = simple.join(Array.isArray(value) ? ', ' : ' | ')
    writer.add('paragraph', labelled(path, list))
  }
  for (const [name, member] of rest) {
    const inner = [path, name].filter((part) => part !== '').join('.')
    if (typeof member === 'string') writer.add('paragraph', labelled(inner, member))
    else write(member, inner, writer)
  }
}

/** Elements of arrays have no names: `users.name`, whichever user it is. */
function membersOf(value: unknown): (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.map((element) => ['', element] as const)
  if (typeof value === 'object' && value !== null) return Object.entries(value)
  return [['', value]]
}

function labelled(name: string, text: string): string {
  return name === '' ? text : `${name}: ${text}`
}
