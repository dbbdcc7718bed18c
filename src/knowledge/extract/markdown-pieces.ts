// Cuts Markdown into pieces that can be parsed one after the other: a parsed document is many times as large as its text.

/** Characters from which on a piece ends at the next place where nothing is cut. */
const ENOUGH = 32 * 1024

/** Characters from which on a piece ends at any line. */
const MAX_PIECE = 128 * 1024

/** Opens and closes code: https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
const FENCE = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/

export function* splitMarkdown(text: string): Generator<string> {
  let start = 0
  let opened = ''
  let fence: string | undefined
  let wasBlank = false
  for (let at = 0, end; at < text.length; at = end + 1) {
    end = text.indexOf('\n', at)
    if (end < 0) end = text.length
    const length = at - start
    // Behind an empty line, what is not indented belongs to nothing before it.
    const isApart = fence === undefined && wasBlank && !/[\s>]/.test(text[at] ?? ' ')
    if ((length > ENOUGH && isApart) || length > MAX_PIECE) {
      yield opened + text.slice(start, at) + (fence ?? '')
      // Code that had to be cut goes on as code.
      opened = fence === undefined ? '' : `${fence}\n`
      start = at
    }
    // Longer lines are no fences.
    const line = end - at > 200 ? '' : text.slice(at, end)
    wasBlank = end - at <= 200 && line.trim() === ''
    fence = fenceAfter(line, fence)
  }
  yield opened + text.slice(start)
}

function fenceAfter(line: string, open: string | undefined): string | undefined {
  const [, marks, info] = FENCE.exec(line) ?? []
  if (marks === undefined || info === undefined) return open
  if (open === undefined) return marks.startsWith('`') && info.includes('`') ? undefined : marks
  return marks.startsWith(open) && info.trim() === '' ? undefined : open
}
