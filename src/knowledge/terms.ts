// What counts as a word: one way to part and fold text, for what is indexed, what is asked for and what is marked in a passage.

/**
 * Scripts that are written without blanks between words, or that the index's own tokenizer takes apart at vowel signs. Their text
 * is searched by pairs of neighbouring characters. Pictographs are searched one by one, in the same way.
 */
const UNITS =
  /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Yiii}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\p{scx=Java}\p{scx=Bali}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{ExtPict}]/u
/** A letter, digit or pictograph with the marks that belong to it. */
const CHARACTER = /[\p{L}\p{N}\p{ExtPict}][\p{M}\p{EMod}\uff9e\uff9f]*/gu
/** What may be part of a word, here or for the index's tokenizer. */
const RUN = /[\p{L}\p{N}\p{M}\p{Co}\p{ExtPict}\p{EMod}]+/gu
/** The index's tokenizer makes the one word of this that it is here. */
const PLAIN = /^[\p{L}\p{N}]+$/u
/** ß is ss here, and a letter of its own there. */
const SHARP = /[ßẞ]/
const VARIATIONS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu
/** Marks on one character beyond which there is no sense. */
const MAX_MARKS = 8

export interface Term {
  /** Folded: compatibility forms, case and, in words, accents make no difference. */
  readonly text: string
  /** A character that is searched in pairs; otherwise a word. */
  readonly isUnit: boolean
  /** UTF-16 units of the text that it was found in. */
  readonly start: number
  readonly end: number
}

/** What stands together without blanks or punctuation. */
export interface Run {
  readonly terms: readonly Term[]
  readonly start: number
  readonly end: number
  /** A single word, which the index's tokenizer finds in the text by itself. */
  readonly isPlain: boolean
}

/** The runs of a text that have a term, in its order. */
export function* runsOf(text: string): Generator<Run> {
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const terms = termsOf(run, index)
    if (terms.length === 0) continue
    yield { terms, start: index, end: index + run.length, isPlain: isPlain(run) }
  }
}

const isPlain = (run: string) =>
  PLAIN.test(run) && !UNITS.test(run) && !SHARP.test(run) && run.normalize('NFKC') === run

function termsOf(run: string, offset: number): Term[] {
  const terms: Term[] = []
  let word = ''
  let start = 0
  let end = 0
  const endWord = () => {
    if (word !== '')
      terms.push({ text: word, isUnit: false, start: offset + start, end: offset + end })
    word = ''
  }
  for (const { 0: character, index } of run.matchAll(CHARACTER)) {
    if (index > end) endWord()
    if (UNITS.test(character)) {
      endWord()
      const at = offset + index
      terms.push({ text: foldUnit(character), isUnit: true, start: at, end: at + character.length })
    } else {
      if (word === '') start = index
      word += foldLetter(character)
    }
    end = index + character.length
  }
  endWord()
  return terms
}

function foldLetter(character: string): string {
  if (character.length === 1 && character < '\u0080') return character.toLowerCase()
  const folded = character.normalize('NFKC').toLowerCase().normalize('NFD')
  return folded.replace(/\p{M}/gu, '').replace(/ς/g, 'σ').replace(/ß/g, 'ss').normalize('NFC')
}

/** Marks make a difference here, but the index's tokenizer would drop them, and pictographs: they become private characters. */
function foldUnit(character: string): string {
  if (/^[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]$/.test(character)) return character
  const folded = character.replace(VARIATIONS, '').normalize('NFKC').toLowerCase()
  const short = Array.from(folded).slice(0, MAX_MARKS).join('')
  return short.replace(/[^\p{L}\p{N}]/gu, toPrivate)
}

const toPrivate = (mark: string) =>
  String.fromCodePoint(0xf0000 | ((mark.codePointAt(0) ?? 0) & 0xffff))

/**
 * A run as words of the index: each character with the one that follows it, words as they are. The last character stands alone as
 * well, so that each can be found by itself as the beginning of a word.
 */
export function pairsOf({ terms }: Pick<Run, 'terms'>): string[] {
  return terms.map(({ text, isUnit }, at) => {
    const next = terms[at + 1]
    return isUnit && next?.isUnit ? text + next.text : text
  })
}

/** A private character, of which the index's tokenizer makes a word that nobody can ask for: phrases do not reach over it. */
const BETWEEN_RUNS = ` ${String.fromCodePoint(0xffffd)} `

/** What the index's tokenizer would not find in a text, as words for it; null where that is nothing. */
export function hiddenTerms(text: string): string | null {
  if (!mayHide(text)) return null
  const found: string[] = []
  for (const run of runsOf(text)) if (!run.isPlain) found.push(pairsOf(run).join(' '))
  return found.length === 0 ? null : found.join(BETWEEN_RUNS)
}

/** Most texts hide nothing, and are not taken apart. */
function mayHide(text: string): boolean {
  if (/^[\0-\x7f]*$/.test(text)) return false
  return (
    UNITS.test(text) || /[\p{M}\p{Co}\p{EMod}ßẞ]/u.test(text) || text.normalize('NFKC') !== text
  )
}
