// Reads what a user types into a search box. Whatever it is, it becomes a query of the index that means what it says, or nothing.
import { pairsOf, runsOf, type Run, type Term } from './terms.ts'

/** Words and phrases in one query: each costs a look at all of its places in the index. */
export const MAX_PHRASES = 40

/** Words, or characters of a script without blanks, that have to stand one after the other. */
export interface Phrase {
  readonly terms: readonly Term[]
  /** Whether the last of them may be the beginning of a longer word. */
  readonly isPrefix: boolean
  /** In the index's own language. */
  readonly expression: string
}

export interface Query {
  /** What is looked for, and marked where it is found. */
  readonly phrases: readonly Phrase[]
  /** All of it, in the index's own language. */
  readonly expression: string
}

/** Typed quotation marks of several languages are one. */
const QUOTES = /[“”„‟«»‹›＂〝〞「」『』]/g
/** A minus, then a phrase in quotes, which may lack its end, or anything without blanks; then an asterisk. */
const PART = /(-?)(?:"([^"]*)(?:"|$)|([^\s"]+))(\*?)/g

/**
 * `words` and `"phrases"`, of which all must be there, or any; `begin*` for words that begin so; `-word` and `-"a phrase"` for what must
 * not be there. Undefined without a word or phrase to look for; `too_many` beyond {@link MAX_PHRASES}.
 */
export function parseQuery(text: string, match: 'all' | 'any'): Query | 'too_many' | undefined {
  const wanted = new Map<string, Phrase>()
  const excluded: string[] = []
  for (const [, minus, quoted, word = '', star] of readable(text).matchAll(PART)) {
    const phrases = phrasesOf(quoted ?? word, star === '*' || /\*$/.test(word))
    if (minus === '') for (const phrase of phrases) wanted.set(phrase.expression, phrase)
    else if (phrases.length > 0) excluded.push(join(phrases, ' AND '))
  }
  if (wanted.size === 0) return undefined
  if (wanted.size + excluded.length > MAX_PHRASES) return 'too_many'
  const phrases = [...wanted.values()]
  const looked = join(phrases, match === 'all' ? ' AND ' : ' OR ')
  const expression = excluded.length === 0 ? looked : `(${looked} NOT (${excluded.join(' OR ')}))`
  return { phrases, expression }
}

const readable = (text: string) => text.normalize('NFKC').replace(QUOTES, '"')

const join = (phrases: readonly Phrase[], operator: string) =>
  `(${phrases.map(({ expression }) => expression).join(operator)})`

/** What is written without blanks is a phrase of its own, wherever it stands. */
function phrasesOf(text: string, isPrefix: boolean): Phrase[] {
  const groups: Run[][] = []
  let words: Run[] | undefined
  for (const run of runsOf(text)) {
    const isWords = !hasUnits(run)
    if (isWords && words !== undefined) words.push(run)
    else groups.push((words = [run]))
    if (!isWords) words = undefined
  }
  return groups.map((runs, at) => phraseOf(text, runs, isPrefix && at === groups.length - 1))
}

const hasUnits = ({ terms }: Run) => terms.some(({ isUnit }) => isUnit)

function phraseOf(text: string, runs: readonly Run[], isPrefix: boolean): Phrase {
  const terms = runs.flatMap((run) => run.terms)
  const [first] = runs
  if (first !== undefined && hasUnits(first)) return unitsPhrase(first, isPrefix)
  const star = isPrefix ? ' *' : ''
  const folded = `"${terms.map((term) => term.text).join(' ')}"${star}`
  const written = `"${runs.map(({ start, end }) => text.slice(start, end)).join(' ')}"${star}`
  // What is hidden in a text is not indexed beside the words around it.
  const isOneWay = runs.every((run) => run.isPlain)
  const either = isOneWay ? written : `(${written} OR ${folded})`
  return { terms, isPrefix, expression: `{text heading title pairs} : ${either}` }
}

/** As `pairsOf` has put it into the index; there the last character of a run stands alone as well. */
function unitsPhrase(run: Run, wantsPrefix: boolean): Phrase {
  const words = pairsOf(run)
  const [last, before] = [run.terms.at(-1), run.terms.at(-2)]
  const isPaired = last?.isUnit === true && before?.isUnit === true
  if (isPaired) words.pop()
  const isPrefix = last?.isUnit === true ? !isPaired : wantsPrefix
  const expression = `{pairs title} : "${words.join(' ')}"${isPrefix ? ' *' : ''}`
  return { terms: run.terms, isPrefix, expression }
}
