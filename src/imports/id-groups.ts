// Ids, or rows as JSON, in groups that one statement takes: as JSON in one value, of which D1 allows 2 MB.

/** Characters of the ids of one group, beside which there is room for quotation marks and escapes. */
const MAX_CHARACTERS = 500_000

/** @param most ids of one group */
export function groupIds(ids: Iterable<string>, most = Infinity): string[][] {
  const groups: string[][] = []
  let characters = Infinity
  for (const id of ids) {
    const last = groups.at(-1)
    if (last === undefined || last.length >= most || characters + id.length > MAX_CHARACTERS) {
      groups.push([id])
      characters = id.length
    } else {
      last.push(id)
      characters += id.length
    }
  }
  return groups
}
