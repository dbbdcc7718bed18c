// JSON and JSON lines: the simple members of one object stand together, under the names that lead to it.
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_SOURCE } from './limits.ts'
import { readPlainText } from './text.ts'
import { openText, readWhole } from './text-source.ts'

/** Values that are parsed at once: one may take 400 bytes in memory, whatever its text has. */
const MAX_VALUES = 100_000

/** Values within values. */
const MAX_NESTING = 200

/** Characters beyond which a string is a text of its own, and no value among others. */
const LONG = 200

/**
 * Each line, or each element of one array, is parsed alone: a parsed value is many times as large as its text. What is not JSON, or too
 * much of it at once, is read as plain text: its words can be found all the same.
 */
export async function readJsonText(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<undefined> {
  const text = readWhole(openText(bytes), MAX_SOURCE)
  const parts = measure(text).values > 1 ? linesOf(text) : elementsOf(text)
  let isFirst = true
  for (const part of parts) {
    await clock.breathe(part.length)
    if (part.trim() === '') continue
    const value = parse(part)
    if (value === undefined && isFirst) return readPlainText(bytes, writer, clock)
    isFirst = false
    if (value === undefined) writer.add('paragraph', part)
    else write(value, '', writer)
  }
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0, end; start < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    yield text.slice(start, end)
  }
}

/** All of it, unless it is an array with many values. */
function* elementsOf(text: string): Generator<string> {
  const start = text.search(/\S/)
  if (text[start] !== '[' || measure(text).nested <= MAX_VALUES) return yield text
  const last = text.lastIndexOf(']')
  let depth = 0
  let begin = start + 1
  for (let at = begin; at < last; at++) {
    const sign = text[at]
    if (sign === '"') at = endOfString(text, at)
    else if (sign === '[' || sign === '{') depth++
    else if (sign === ']' || sign === '}') depth--
    else if (sign === ',' && depth === 0) {
      yield text.slice(begin, at)
      begin = at + 1
    }
  }
  yield text.slice(begin, last)
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

function parse(text: string): unknown {
  const { nested, depth } = measure(text)
  if (nested > MAX_VALUES || depth > MAX_NESTING) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
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
