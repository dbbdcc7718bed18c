// Replaces in long texts part by part: to replace every other character of 2 MB at once would take far more memory than the result.

const PART = 32 * 1024

/** `pattern` matches single characters; `replace` is told where in the whole text each is. */
export function replaceInParts(
  text: string,
  pattern: RegExp,
  replace: (char: string, at: number) => string,
): string {
  const parts = split(text, (part, from) =>
    part.replace(pattern, (char, at: number) => replace(char, from + at)),
  )
  return parts.join('')
}

/** Each run that `space` matches becomes one space. */
export function collapseSpace(text: string, space: RegExp): string {
  let isSpace = false
  const parts = split(text, (part) => {
    const collapsed = part.replace(space, ' ')
    const start = isSpace && collapsed.startsWith(' ') ? 1 : 0
    isSpace = collapsed.endsWith(' ')
    return collapsed.slice(start)
  })
  return parts.join('')
}

function split(text: string, map: (part: string, from: number) => string): string[] {
  const parts: string[] = []
  for (let from = 0; from < text.length; from += PART) {
    parts.push(map(text.slice(from, from + PART), from))
  }
  return parts
}
