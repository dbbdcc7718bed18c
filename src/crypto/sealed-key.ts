// Under which master key a sealed column is, as SQL: the expression of an index, by which rows of an old key are found and counted.

/**
 * The key id in `v1.<key id>.…`; empty for text that is not in this form, which no key opens. The migrations have the same expression:
 * only then does SQLite use the index. @param column its bare name
 */
export function sealedKeyOf(column: string): string {
  const rest = `substr(${column}, 4, 33)`
  return `CASE WHEN substr(${column}, 1, 3) = 'v1.' AND instr(${rest}, '.') > 1 THEN substr(${column}, 4, instr(${rest}, '.') - 1) ELSE '' END`
}
