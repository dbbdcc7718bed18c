// Cuts long text where a reader would: between sentences or lines, else between words, and never inside a character.

/** Where a sentence ends: after its mark and blank, or after the mark alone in scripts without blanks. */
const SENTENCE_ENDS = /[.!?…]["'”’»)\]]{0,4}\s+|[。！？．]["”’」』）]{0,4}\s*|\n+/g
const LINE_ENDS = /\n+/g
const WORD_ENDS = /\s+/g

/** The text in pieces of at most `limit` UTF-16 units, which together are the text. What fits is one piece. */
export function* piecesOf(
  text: string,
  limit: number,
  parts: 'sentences' | 'lines',
): Generator<string> {
  if (text.length <= limit) return yield text
  for (const part of partsOf(text, parts === 'lines' ? LINE_ENDS : SENTENCE_ENDS)) {
    if (part.length <= limit) yield part
    else yield* fill(partsOf(part, WORD_ENDS), limit)
  }
}

/** Puts parts together as long as they fit; one that is too long by itself is cut. */
function* fill(parts: Iterable<string>, limit: number): Generator<string> {
  let piece = ''
  for (const part of parts) {
    if (piece !== '' && piece.length + part.length > limit) {
      yield piece
      piece = ''
    }
    piece += part
    while (piece.length > limit) {
      const cut = wholeCharacter(piece, limit)
      yield piece.slice(0, cut)
      piece = piece.slice(cut)
    }
  }
  if (piece !== '') yield piece
}

/** Each part with what parts it from the next. */
function* partsOf(text: string, ends: RegExp): Generator<string> {
  let from = 0
  for (const { 0: end, index } of text.matchAll(ends)) {
    yield text.slice(from, index + end.length)
    from = index + end.length
  }
  if (from < text.length) yield text.slice(from)
}

/** The end of a text, of at most `limit` units: from a sentence on if one begins there, else a word, else a character. */
export function endOf(text: string, limit: number): string {
  if (text.length <= limit) return text
  const tail = text.slice(wholeCharacter(text, text.length - limit))
  for (const ends of [SENTENCE_ENDS, WORD_ENDS]) {
    const end = firstEnd(tail, ends)
    if (end !== undefined) return tail.slice(end)
  }
  return tail
}

/** Where the first part of a text ends, if more than blanks follows. */
function firstEnd(text: string, ends: RegExp): number | undefined {
  for (const { 0: end, index } of text.matchAll(ends)) {
    const at = index + end.length
    return text.slice(at).trim() === '' ? undefined : at
  }
  return undefined
}

/** `at`, or one unit before it where that is the middle of a surrogate pair, or where a mark belongs to the character before. */
function wholeCharacter(text: string, at: number): number {
  let cut = at
  // A character of more marks than this is none.
  for (let tries = 0; tries < 8; tries++) {
    const unit = text.charCodeAt(cut)
    const isLow = unit >= 0xdc00 && unit <= 0xdfff
    if (!isLow && !/^[\p{M}\u200d]/u.test(text.slice(cut, cut + 2))) return cut
    cut--
  }
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at
}
