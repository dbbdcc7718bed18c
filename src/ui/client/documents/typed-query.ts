// What somebody types into the search box, as it is asked: the word that is not finished yet may be the beginning of a longer one.

/** An unfinished word of fewer characters would match almost everything. */
const LEAST = 2

export function toQuery(typed: string): string {
  const last = /(?:^|\s)([^\s"]+)$/.exec(typed)?.[1]
  const isInQuotes = (typed.match(/["“”„«»]/g)?.length ?? 0) % 2 === 1
  const isFinished = last === undefined || isInQuotes || last.endsWith('*') || last.startsWith('-')
  return isFinished || last.length < LEAST ? typed.trim() : `${typed.trim()}*`
}
