// The query language of files.list: a recursive-descent parser of the documented grammar.
import type { GoogleFile } from './google-files.ts'

type Test = (file: GoogleFile) => boolean

interface Token {
  readonly kind: 'word' | 'string' | 'operator' | 'paren'
  readonly text: string
}

/** Compiles a query. Throws an Error for what Google answers 400 to. */
export function compileQuery(
  query: string,
  context: { readonly rootId: string; readonly isSharedWithMe: Test; readonly isTrashed: Test },
): { readonly test: Test; readonly usesFullText: boolean; readonly parents: string[] } {
  const tokens = tokenize(query)
  const parents: string[] = []
  let at = 0
  let usesFullText = false
  const peek = () => tokens[at]
  const take = () => {
    const token = tokens[at]
    if (token === undefined) throw new Error('Invalid Value: the query ends too early')
    at += 1
    return token
  }
  const isWord = (word: string) => peek()?.kind === 'word' && peek()?.text === word

  function parseOr(): Test {
    const tests = [parseAnd()]
    while (isWord('or')) {
      take()
      tests.push(parseAnd())
    }
    return (file) => tests.some((test) => test(file))
  }
  function parseAnd(): Test {
    const tests = [parseNot()]
    while (isWord('and')) {
      take()
      tests.push(parseNot())
    }
    return (file) => tests.every((test) => test(file))
  }
  function parseNot(): Test {
    if (isWord('not')) {
      take()
      const test = parseNot()
      return (file) => !test(file)
    }
    if (peek()?.text === '(' && peek()?.kind === 'paren') {
      take()
      const test = parseOr()
      if (take().text !== ')') throw new Error('Invalid Value: a parenthesis is not closed')
      return test
    }
    return parseTerm()
  }
  function parseTerm(): Test {
    const left = take()
    if (left.kind === 'string') {
      if (take().text !== 'in' || take().text !== 'parents')
        throw new Error('Invalid Value: in parents')
      const parent = left.text === 'root' ? context.rootId : left.text
      parents.push(left.text)
      return (file) => file.parents.includes(parent)
    }
    const operator = take().text
    const value = take()
    return parseComparison(left.text, operator, value)
  }
  function parseComparison(name: string, operator: string, value: Token): Test {
    const text = value.text
    if (name === 'name' && value.kind === 'string') {
      if (operator === '=') return (file) => file.name.toLowerCase() === text.toLowerCase()
      if (operator === '!=') return (file) => file.name.toLowerCase() !== text.toLowerCase()
      if (operator === 'contains') return (file) => containsPrefix(file.name, text)
    }
    if (name === 'fullText' && operator === 'contains' && value.kind === 'string') {
      usesFullText = true
      return (file) => wordsOf(file.name).includes(text.toLowerCase())
    }
    if (name === 'mimeType' && value.kind === 'string') {
      if (operator === '=') return (file) => file.mimeType === text
      if (operator === '!=') return (file) => file.mimeType !== text
      if (operator === 'contains') return (file) => file.mimeType.startsWith(text)
    }
    if ((name === 'trashed' || name === 'sharedWithMe') && value.kind === 'word') {
      if (!['true', 'false'].includes(text) || !['=', '!='].includes(operator)) {
        throw new Error('Invalid Value')
      }
      const wanted = (text === 'true') === (operator === '=')
      if (name === 'trashed') return (file) => context.isTrashed(file) === wanted
      return (file) => context.isSharedWithMe(file) === wanted
    }
    if ((name === 'modifiedTime' || name === 'createdTime') && value.kind === 'string') {
      const time = Date.parse(/Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`)
      const compare = TIME_TESTS[operator]
      if (Number.isNaN(time) || compare === undefined) throw new Error('Invalid Value')
      return (file) => compare(Date.parse(file[name]), time)
    }
    throw new Error(`Invalid Value: ${name} ${operator}`)
  }

  const test = parseOr()
  if (at !== tokens.length) throw new Error('Invalid Value: something follows the query')
  return { test, usesFullText, parents }
}

const TIME_TESTS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<=': (a, b) => a <= b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** `contains` on names matches the beginnings of words. */
function containsPrefix(name: string, text: string): boolean {
  const wanted = text.toLowerCase()
  return (
    name.toLowerCase().startsWith(wanted) || wordsOf(name).some((word) => word.startsWith(wanted))
  )
}

const wordsOf = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)

function tokenize(query: string): Token[] {
  const tokens: Token[] = []
  const pattern = /\s*(?:'((?:[^'\\]|\\.)*)'|([A-Za-z][A-Za-z.]*)|(<=|>=|!=|=|<|>)|([()]))/gy
  let end = 0
  for (let match = pattern.exec(query); match !== null; match = pattern.exec(query)) {
    end = pattern.lastIndex
    const [, string, word, operator, paren] = match
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\(.)/g, '$1') })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
    else tokens.push({ kind: 'paren', text: paren ?? '' })
  }
  if (query.slice(end).trim() !== '') throw new Error(`Invalid Value: ${query.slice(end)}`)
  return tokens
}
