// Searches among 100,000 passages, of whom one user owns nearly all and another one in a hundred, against FTS5 alone over the same rows.
import { createHash } from 'node:crypto'
import { timed } from '../compare.mjs'
import { fillKnowledge } from '../passages.mjs'
import { note, report } from '../report.mjs'

const OWNERS = { most: 99_000, few: 1_000 }
const KINDS = ['word', 'phrase', 'prefix', 'common', 'any']
const TIMES = 40

export const names = Object.keys(OWNERS).flatMap((owner) =>
  KINDS.flatMap((kind) => [`search_${owner}_${kind}_p50_ms`, `search_${owner}_${kind}_p95_ms`]),
)

export async function measure(bench) {
  const { workerd, client } = bench
  const counts = Object.fromEntries(
    Object.entries(OWNERS).map(([owner, count]) => [`search-${owner}`, count]),
  )
  const { seconds, value } = await filled(workerd, counts)
  note(`search: 100,000 passages stand in the index after ${Math.round(seconds)} s`)
  const queries = queriesOf(value)
  for (const owner of Object.keys(OWNERS)) {
    const headers = await workerd.headersOf(`search-${owner}`)
    const term = `u${createHash('sha256').update(`search-${owner}`).digest('hex').slice(0, 32)}`
    for (const kind of KINDS) {
      const figures = figuresOf(owner, kind)
      if (!bench.wants(figures)) continue
      const ours = []
      const bare = []
      for (let round = -2; round < TIMES; round++) {
        const { q, expression } = queries[kind][(round + TIMES) % queries[kind].length]
        const match = kind === 'any' ? 'any' : 'all'
        const path = `/api/documents/search?${new URLSearchParams({ q, match })}`
        const one = await timed(workerd.process, () => client.api({ path, headers }))
        const other = await timed(workerd.process, () =>
          workerd.query(
            'SELECT rowid, text FROM chunks_fts WHERE chunks_fts MATCH ? ORDER BY rank LIMIT 10',
            `owner : ${term} AND (${expression})`,
          ),
        )
        if (round < 0) continue
        ours.push(one.seconds * 1000)
        bare.push(other.seconds * 1000)
      }
      figures.forEach((name, at) => {
        const share = at === 0 ? 0.5 : 0.95
        report(name, percentile(ours, share), 'ms', percentile(bare, share))
      })
    }
  }
}

const figuresOf = (owner, kind) => [
  `search_${owner}_${kind}_p50_ms`,
  `search_${owner}_${kind}_p95_ms`,
]

async function filled(workerd, counts) {
  let value
  const { seconds } = await timed(workerd.process, async () => {
    value = await fillKnowledge(workerd, counts)
  })
  return { seconds, value }
}

/** What a user types, and the same in FTS5's language. */
function queriesOf({ common, words, phrases }) {
  const quoted = (text) => ({ q: `"${text}"`, expression: `"${text}"` })
  const begin = (word) => word.slice(0, 4)
  const some = (at) => [0, 1, 2, 3, 4].map((step) => words[(at + step * 7) % words.length])
  return {
    word: words.map((word) => ({ q: word, expression: word })),
    phrase: phrases.map(quoted),
    prefix: words.map((word) => ({ q: `${begin(word)}*`, expression: `${begin(word)}*` })),
    common: [{ q: common, expression: common }],
    any: words.map((_, at) => ({ q: some(at).join(' '), expression: some(at).join(' OR ') })),
  }
}

function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
