// The query language of Confluence's search: a recursive-descent parser of the documented grammar.
// Source: developer.atlassian.com/cloud/confluence/advanced-searching-using-cql, .../cql-operators.
import {
  callFunction,
  CqlError,
  DATE,
  dateTest,
  FIELDS,
  matcherOf,
  TEXT,
  type Field,
  type Indexed,
  type Test,
} from './confluence-cql-fields.ts'

export interface Query {
  readonly test: Test
  readonly compare: (one: Indexed, other: Indexed) => number
  /** What is looked for as text, for the highlights. */
  readonly words: readonly string[]
}

interface Token {
  readonly kind: 'word' | 'string' | 'operator' | 'end'
  readonly text: string
}

/** Compiles a query. Throws a CqlError. */
export function compileCql(cql: string, caller: string, now: number): Query {
  const tokens = tokenize(cql)
  const words: string[] = []
  let at = 0
  const peek = (ahead = 0): Token => tokens[at + ahead] ?? { kind: 'end', text: '' }
  const take = () => {
    const token = peek()
    if (token.kind === 'end') throw new CqlError('the query ends too early')
    at += 1
    return token
  }
  const isWord = (word: string, ahead = 0) =>
    peek(ahead).kind === 'word' && peek(ahead).text.toLowerCase() === word
  const isSign = (sign: string) => peek().kind === 'operator' && peek().text === sign
  const expect = (sign: string) => {
    if (!isSign(sign)) throw new CqlError(`expected ${sign} but got '${peek().text}'`)
    take()
  }

  function parseOr(): Test {
    const tests = [parseAnd()]
    while (isWord('or')) {
      take()
      tests.push(parseAnd())
    }
    return (item) => tests.some((test) => test(item))
  }

  function parseAnd(): Test {
    const tests = [parseNot()]
    while (isWord('and')) {
      take()
      tests.push(parseNot())
    }
    return (item) => tests.every((test) => test(item))
  }

  function parseNot(): Test {
    if (isWord('not')) {
      take()
      const test = parseNot()
      return (item) => !test(item)
    }
    if (!isSign('(')) return parseTerm()
    take()
    const test = parseOr()
    expect(')')
    return test
  }

  function parseTerm(): Test {
    const { field, name } = takeField()
    const operator = takeOperator()
    if (!field.operators.includes(operator)) {
      throw new CqlError(`the field '${name}' does not support the operator '${operator}'`)
    }
    const values = operator.endsWith('in') ? takeList() : [takeValue()]
    const wrong = values.find((value) => field.allowed?.test(value) === false)
    if (wrong !== undefined) throw new CqlError(`the value '${wrong}' is not one of '${name}'`)
    if (TEXT.includes(operator)) {
      const match = matcherOf(values[0] ?? '')
      words.push(...match.words)
      const test: Test = (item) => match.test(field.values(item).join(' '))
      return operator === '~' ? test : (item) => !test(item)
    }
    if (field.operators === DATE) return dateTest(field, operator, values[0] ?? '')
    const wanted = values.map((value) => value.toLowerCase())
    const test: Test = (item) =>
      field.values(item).some((value) => wanted.includes(value.toLowerCase()))
    return operator === '=' || operator === 'in' ? test : (item) => !test(item)
  }

  function takeField(): { field: Field; name: string } {
    const token = take()
    const name = token.text.toLowerCase()
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
    if (token.kind !== 'word' || field === undefined) {
      throw new CqlError(`no field exists with the name '${token.text}'`)
    }
    return { field, name }
  }

  function takeOperator(): string {
    if (isWord('in')) return take().text.toLowerCase()
    if (isWord('not') && isWord('in', 1)) {
      take()
      take()
      return 'not in'
    }
    const token = take()
    if (token.kind !== 'operator') throw new CqlError(`'${token.text}' is no operator`)
    return token.text
  }

  function takeList(): string[] {
    expect('(')
    const values = [takeValue()]
    while (isSign(',')) {
      take()
      values.push(takeValue())
    }
    expect(')')
    return values
  }

  function takeValue(): string {
    const token = take()
    if (token.kind === 'string') return token.text
    if (token.kind !== 'word') throw new CqlError(`expected a value but got '${token.text}'`)
    if (RESERVED.test(token.text)) throw new CqlError(`'${token.text}' has to be quoted`)
    if (!isSign('(')) return token.text
    take()
    const argument = isSign(')') ? undefined : takeValue()
    expect(')')
    return callFunction(token.text.toLowerCase(), argument, caller, now)
  }

  function takeOrder(): Query['compare'] {
    const keys: { field: Field; down: boolean }[] = []
    do {
      if (keys.length > 0) take()
      const { field, name } = takeField()
      if (field.orders === undefined) throw new CqlError(`the field '${name}' does not order`)
      const down = isWord('desc')
      if (down || isWord('asc')) take()
      keys.push({ field, down })
    } while (isSign(','))
    return (one, other) => {
      for (const { field, down } of keys) {
        const [a, b] = [one, other].map((item) => (field.values(item)[0] ?? '').toLowerCase())
        if (a !== b) return ((a ?? '') < (b ?? '') ? -1 : 1) * (down ? -1 : 1)
      }
      return 0
    }
  }

  const test = parseOr()
  let compare: Query['compare'] = () => 0
  if (isWord('order') && isWord('by', 1)) {
    at += 2
    compare = takeOrder()
  }
  if (peek().kind !== 'end') throw new CqlError(`'${peek().text}' was not expected`)
  return { test, compare, words }
}

const RESERVED = /^(?:and|or|not|in|order|by|asc|desc|like|is|null|empty)$/i

function tokenize(cql: string): Token[] {
  const tokens: Token[] = []
  const pattern =
    /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(!=|>=|<=|!~|[=~<>(),])|([^\s"'=~<>!(),]+))/gsy
  const end = cql.trimEnd().length
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex
    const match = pattern.exec(cql)
    if (match === null) throw new CqlError(`could not read the query from '${cql.slice(from)}'`)
    const [, double, single, operator, word] = match
    const quoted = double ?? single
    // The backslash escapes quotes and itself.
    if (quoted !== undefined) tokens.push({ kind: 'string', text: unescape(quoted) })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
    else tokens.push({ kind: 'word', text: word ?? '' })
  }
  return tokens
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => {
    if (!/["'\\]/.test(character)) throw new CqlError(`\\${character} is no escape`)
    return character
  })
}
