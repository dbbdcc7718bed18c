// What CQL knows: fields with their operators and values, functions, words with wildcards, and dates.
// Source: developer.atlassian.com/cloud/confluence/cql-fields, .../cql-functions, .../performing-text-searches-using-cql.

/** What a search looks at in one piece of content. */
export interface Indexed {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly text: string
  readonly spaceKey: string
  readonly spaceTitle: string
  readonly spaceType: string
  readonly ancestors: readonly string[]
  readonly parent: string | undefined
  readonly container: string | undefined
  readonly creator: string
  readonly labels: readonly string[]
  readonly created: string
  readonly modified: string
}

export type Test = (item: Indexed) => boolean

/** What the site answers 400 to. */
export class CqlError extends Error {}

export interface Field {
  readonly operators: readonly string[]
  readonly values: (item: Indexed) => readonly string[]
  readonly allowed?: RegExp
  readonly orders?: true
}

const EQUALITY = ['=', '!=', 'in', 'not in']
export const DATE = ['=', '!=', '>', '>=', '<', '<=']
export const TEXT = ['~', '!~']
const TYPES = /^(?:page|blogpost|attachment|comment|folder|whiteboard|database|embed|space|user)$/

export const FIELDS: Readonly<Record<string, Field>> = {
  ancestor: { operators: EQUALITY, values: ({ ancestors }) => ancestors, allowed: /^\d+$/ },
  container: {
    operators: EQUALITY,
    values: ({ container }) => listOf(container),
    allowed: /^\d+$/,
  },
  content: { operators: EQUALITY, values: ({ id }) => [id], allowed: /^(?:att)?\d+$/ },
  contributor: { operators: EQUALITY, values: ({ creator }) => [creator] },
  created: { operators: DATE, values: ({ created }) => [created], orders: true },
  creator: { operators: EQUALITY, values: ({ creator }) => [creator], orders: true },
  id: { operators: EQUALITY, values: ({ id }) => [id], allowed: /^(?:att)?\d+$/ },
  label: { operators: EQUALITY, values: ({ labels }) => labels },
  lastmodified: { operators: DATE, values: ({ modified }) => [modified], orders: true },
  parent: { operators: EQUALITY, values: ({ parent }) => listOf(parent), allowed: /^\d+$/ },
  space: { operators: EQUALITY, values: ({ spaceKey }) => [spaceKey], orders: true },
  'space.key': { operators: EQUALITY, values: ({ spaceKey }) => [spaceKey] },
  'space.title': { operators: [...EQUALITY, ...TEXT], values: ({ spaceTitle }) => [spaceTitle] },
  'space.type': { operators: EQUALITY, values: ({ spaceType }) => [spaceType] },
  text: { operators: TEXT, values: ({ title, text }) => [title, text] },
  title: { operators: [...EQUALITY, ...TEXT], values: ({ title }) => [title], orders: true },
  type: { operators: EQUALITY, values: ({ type }) => [type], allowed: TYPES },
}

const listOf = (value: string | undefined) => (value === undefined ? [] : [value])

export function callFunction(
  name: string,
  argument: string | undefined,
  caller: string,
  now: number,
): string {
  if (name === 'currentuser' && argument === undefined) return caller
  if (name !== 'now') throw new CqlError(`no function exists with the name '${name}'`)
  const [, sign, count, unit = ''] = /^([+-]?)(\d+)([yMwdhm])$/.exec(argument ?? '0d') ?? []
  const milliseconds: Readonly<Record<string, number>> = {
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 7 * 86_400_000,
    M: 30 * 86_400_000,
    y: 365 * 86_400_000,
  }
  const length = milliseconds[unit]
  if (length === undefined) throw new CqlError(`'${argument}' is no period`)
  const shift = Number(count) * length * (sign === '-' ? -1 : 1)
  return new Date(now + shift).toISOString()
}

/** Words in any order, a `*` at the end for the rest of a word, and a phrase in quotes within the quotes. */
export function matcherOf(value: string): {
  words: readonly string[]
  test: (text: string) => boolean
} {
  const phrase = /^"(.*)"$/s.exec(value)?.[1]
  const words = wordsOf(phrase ?? value, /[^\p{L}\p{N}*?]+/u)
  if (words.length === 0) throw new CqlError('there is nothing to look for')
  const wild = words.find((word) => /^[*?]/.test(word))
  if (wild !== undefined) throw new CqlError(`'${wild}' begins with a wildcard`)
  const fits = (pattern: string, word: string) =>
    new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u').test(word)
  return {
    words: words.map((word) => word.replaceAll(/[*?]/g, '')),
    test: (text) => {
      const found = wordsOf(text, /[^\p{L}\p{N}]+/u)
      if (phrase === undefined) return words.every((word) => found.some((one) => fits(word, one)))
      return found.some((_, start) =>
        words.every((word, offset) => fits(word, found[start + offset] ?? '')),
      )
    },
  }
}

const wordsOf = (text: string, between: RegExp) =>
  text
    .toLowerCase()
    .split(between)
    .filter((word) => word !== '')

/** `2026-05-01`, with a time or without: a day means all of it. */
export function dateTest(field: Field, operator: string, value: string): Test {
  const match = /^\d{4}[-/]\d\d[-/]\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?$/.exec(value)
  const from = Date.parse(isoOf(value))
  if (match === null || Number.isNaN(from)) throw new CqlError(`'${value}' is no date`)
  const to = from + (value.length === 10 ? 86_400_000 : 60_000)
  return (item) => {
    const time = Date.parse(field.values(item)[0] ?? '')
    const within = time >= from && time < to
    if (operator === '=') return within
    if (operator === '!=') return !within
    if (operator === '>') return time > (value.length === 10 ? to - 1 : from)
    if (operator === '>=') return time >= from
    return operator === '<' ? time < from : time < to
  }
}

/** In UTC. */
function isoOf(value: string): string {
  const iso = value.replaceAll('/', '-').replace(' ', 'T')
  return iso.length === 10 || iso.endsWith('Z') ? iso : `${iso}Z`
}
