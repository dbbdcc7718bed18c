// Text as Markdown that is read as that text and as nothing else, with a backslash only where a reader would see more in it.
// The rules are CommonMark's (https://spec.commonmark.org/0.31.2/) and GitHub's (https://github.github.com/gfm/).

import { replaceInParts } from './replace-in-parts.ts'

export interface TextPlace {
  /** Nothing stands before it in its line, so that it could begin a block. */
  readonly isLineStart: boolean
  /** Between brackets, where another bracket would end it. */
  readonly isInBrackets: boolean
  /** Between strokes, where another tilde would be taken for one of them. */
  readonly isInStrike: boolean
}

export function escapeMarkdown(text: string, place: TextPlace): string {
  const escaped = replaceInParts(text, SPECIAL, (char, at) => {
    return isRead(char, text, at, place) ? `\\${char}` : char
  })
  return place.isLineStart ? escapeLineStart(escaped) : escaped
}

const SPECIAL = /[\\`*_[\]<&~]/g

/** Whether the character would be read as markup where it stands. What stands beyond the text's ends is not known. */
function isRead(char: string, text: string, at: number, place: TextPlace): boolean {
  const before = text[at - 1]
  const after = text[at + 1]
  switch (char) {
    case '\\':
      return after === undefined || ASCII_PUNCTUATION.test(after)
    case '*':
      return before !== ' ' || after !== ' '
    case '_':
      return !(isWordChar(before) && isWordChar(after)) && (before !== ' ' || after !== ' ')
    case '~':
      // "~5": it can begin a stroke, and nothing ends it.
      return place.isInStrike || before !== ' ' || after === undefined || after === '~'
    case ']':
      return place.isInBrackets
    case '<':
      return after === undefined || /[a-z/!?]/i.test(after)
    case '&':
      return REFERENCE.test(text.slice(at, at + 40))
    default:
      return true
  }
}

const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/
const REFERENCE = /^&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{0,31});/i

function isWordChar(char: string | undefined): boolean {
  return char !== undefined && /[\p{L}\p{N}]/u.test(char)
}

/** Headings, quotes, bullets, numbers, underlines of headings, rows of dashes below the head of a table. */
function escapeLineStart(text: string): string {
  if (/^(?:>|#{1,6}(?: |$)|[-+](?: |$)|=+ *$|[-:| ]+$)/.test(text)) return `\\${text}`
  return text.replace(/^(\d{1,9})([.)])(?= |$)/, '$1\\$2')
}
