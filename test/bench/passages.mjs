// A knowledge base of passages that read like language: few words are everywhere, most are rare. The same ones at each run.
import { createHash } from 'node:crypto'

const SYLLABLES =
  'ba be bi bo ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to sch st an en in on ar er or al el ul ent ing ung'.split(
    ' ',
  )
const VOCABULARY = 50_000
const WORDS = 160
const OF_DOCUMENT = 100
/** Documents that one statement brings: D1 takes 2 MB in a parameter. */
const AT_ONCE = 10

const random = createRandom(7)
const words = createWords()
const draw = createDraw()

/**
 * Fills the index with as many passages of each user, as an import does. Resolves to words and phrases that are in them: `common` is
 * nearly everywhere, `words` are in about one passage of sixty, `phrases` are two words that stand together somewhere.
 * @param counts passages by user
 */
export async function fillKnowledge(workerd, counts) {
  const phrases = []
  for (const [user, count] of Object.entries(counts)) {
    const owner = `u${createHash('sha256').update(user).digest('hex').slice(0, 32)}`
    for (let document = 0; document < count / OF_DOCUMENT; document += AT_ONCE) {
      const ids = Array.from({ length: AT_ONCE }, (_, at) => `${user}-${document + at}`)
      const passages = ids.flatMap((id) =>
        Array.from({ length: OF_DOCUMENT }, (_, ordinal) => [id, ordinal, createText()]),
      )
      const text = passages[0][2].split(' ')
      phrases.push(`${text[20]} ${text[21]}`)
      await insert(workerd, user, owner, ids, passages)
    }
  }
  return { common: words[0], words: words.slice(1000, 1040), phrases: phrases.slice(0, 40) }
}

async function insert({ query }, user, owner, ids, passages) {
  const now = Date.now()
  await query(
    `INSERT INTO documents (id, user_id, filename, content_type, size, status, storage_backend, owns_object, text_status, chunk_count,
       created_at, updated_at)
     SELECT value, ?, value || '.txt', 'text/plain', 100000, 'stored', 'r2', 0, 'indexed', ?, ?, ? FROM json_each(?)`,
    user,
    OF_DOCUMENT,
    now,
    now,
    JSON.stringify(ids),
  )
  await query(
    `INSERT INTO chunks (document_id, owner, ordinal, text, overlap, heading, title)
     SELECT value ->> 0, ?, value ->> 1, value ->> 2, 0, 'Chapter', value ->> 0 FROM json_each(?)`,
    owner,
    JSON.stringify(passages),
  )
}

const createText = () => `${Array.from({ length: WORDS }, draw).join(' ')}.`

/** By Zipf's law: the nth word is n times as rare as the first. */
function createDraw() {
  const sums = []
  let sum = 0
  for (let rank = 0; rank < VOCABULARY; rank++) sums.push((sum += 1 / (rank + 2.7)))
  return () => {
    const wanted = random() * sum
    let [low, high] = [0, VOCABULARY - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle] < wanted) low = middle + 1
      else high = middle
    }
    return words[low]
  }
}

function createWords() {
  const all = new Set()
  while (all.size < VOCABULARY) {
    const length = 2 + Math.floor(random() * 4)
    const pick = () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]
    all.add(Array.from({ length }, pick).join(''))
  }
  return [...all]
}

/** Numbers from 0 to 1 that are the same each time (mulberry32's idea: a counter, scrambled). */
function createRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
