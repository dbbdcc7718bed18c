// What is shown of a passage that was found: the part with the best hits, and where the hits are in it.
import type { Phrase } from './query.ts'
import { runsOf, type Term } from './terms.ts'

/** UTF-16 units; the end is behind the last. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface Excerpt {
  readonly text: string
  /** In `text`, in order, apart from each other. */
  readonly highlights: readonly Span[]
  /** The same, to be put into a page as it is. */
  readonly html: string
}

/** Units before the first hit that are shown with it. */
const LEAD = 60
const ELLIPSIS = '…'

interface Hit extends Span {
  /** The phrase's number. */
  readonly phrase: number
}

/** Where the phrases are in a text, in its order. */
export function findHits(text: string, phrases: readonly Phrase[]): Hit[] {
  const terms = [...runsOf(text)].flatMap((run) => run.terms)
  const places = new Map<string, number[]>()
  terms.forEach(({ text: term }, at) => {
    const known = places.get(term)
    if (known === undefined) places.set(term, [at])
    else known.push(at)
  })
  const hits = phrases.flatMap((phrase, number) => {
    const begins =
      phrase.terms.length === 1 && phrase.isPrefix
        ? terms.keys()
        : (places.get(phrase.terms[0]?.text ?? '') ?? [])
    return [...begins].flatMap((at): Hit[] => {
      const last = matchAt(terms, at, phrase)
      return last === undefined
        ? []
        : [{ start: terms[at]?.start ?? 0, end: last.end, phrase: number }]
    })
  })
  return hits.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** The last term of a phrase that begins at this one. */
function matchAt(
  terms: readonly Term[],
  at: number,
  { terms: wanted, isPrefix }: Phrase,
): Term | undefined {
  for (const [index, want] of wanted.entries()) {
    const term = terms[at + index]
    if (term === undefined || term.isUnit !== want.isUnit) return undefined
    const isLast = index === wanted.length - 1
    const fits = isLast && isPrefix ? term.text.startsWith(want.text) : term.text === want.text
    if (!fits) return undefined
    // Characters of a script without blanks stand without anything between them.
    const before = terms[at + index - 1]
    const isTight = index > 0 && (want.isUnit || wanted[index - 1]?.isUnit === true)
    if (isTight && before?.end !== term.start) return undefined
  }
  return terms[at + wanted.length - 1]
}

/** @param length UTF-16 units that are shown, about; a text that is not much longer is shown whole. */
export function excerptOf(text: string, hits: readonly Hit[], length: number): Excerpt {
  const whole = trimmed(text, { start: 0, end: text.length })
  const shown = whole.end - whole.start <= length * 1.1 ? whole : windowOf(text, hits, length)
  const before = shown.start > whole.start ? ELLIPSIS : ''
  const after = shown.end < whole.end ? ELLIPSIS : ''
  const shift = before.length - shown.start
  const marked = merged(hits.filter(({ start, end }) => start >= shown.start && end <= shown.end))
  const highlights = marked.map(({ start, end }) => ({ start: start + shift, end: end + shift }))
  const cut = before + text.slice(shown.start, shown.end) + after
  return { text: cut, highlights, html: toHtml(cut, highlights) }
}

/** The part in which most of the phrases are, then most of the hits; the first of several. */
function windowOf(text: string, hits: readonly Hit[], length: number): Span {
  let best = { first: 0, kinds: 0, count: 0 }
  let end = 0
  const inside = new Map<number, number>()
  for (const [first, hit] of hits.entries()) {
    for (; end < hits.length && (hits[end]?.end ?? 0) <= hit.start + length - LEAD; end++) {
      const { phrase = 0 } = hits[end] ?? {}
      inside.set(phrase, (inside.get(phrase) ?? 0) + 1)
    }
    const count = end - first
    if (inside.size > best.kinds || (inside.size === best.kinds && count > best.count)) {
      best = { first, kinds: inside.size, count }
    }
    const left = (inside.get(hit.phrase) ?? 0) - 1
    if (left > 0) inside.set(hit.phrase, left)
    else inside.delete(hit.phrase)
    end = Math.max(end, first + 1)
  }
  const hit = hits[best.first]
  const from = Math.max(0, Math.min((hit?.start ?? 0) - LEAD, text.length - length))
  const start = from === 0 ? 0 : afterBlank(text, from, hit?.start ?? from)
  const rough = Math.min(text.length, start + length)
  const last = Math.max(hit?.end ?? 0, 0)
  return trimmed(text, {
    start,
    end: rough === text.length ? rough : beforeBlank(text, rough, last),
  })
}

/** The first place from `at` on where a word begins; not behind `limit`. */
function afterBlank(text: string, at: number, limit: number): number {
  const found = /\s\S/.exec(text.slice(at, limit + 1))
  return found === null ? whole(text, at) : at + found.index + 1
}

/** The last place up to `at` where a word ends; not before `limit`. */
function beforeBlank(text: string, at: number, limit: number): number {
  for (let end = at; end > Math.max(limit, at - 40); end--)
    if (/\s/.test(text[end] ?? '')) return end
  return whole(text, Math.max(at, limit))
}

/** Never the middle of a surrogate pair. */
const whole = (text: string, at: number) => (/^[\udc00-\udfff]/.test(text.slice(at)) ? at - 1 : at)

function trimmed(text: string, { start, end }: Span): Span {
  const part = text.slice(start, end)
  const lead = part.length - part.trimStart().length
  return { start: start + lead, end: Math.max(start + lead, start + part.trimEnd().length) }
}

function merged(spans: readonly Span[]): Span[] {
  const all: { start: number; end: number }[] = []
  for (const { start, end } of spans) {
    const last = all.at(-1)
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end)
    else all.push({ start, end })
  }
  return all
}

function toHtml(text: string, highlights: readonly Span[]): string {
  let at = 0
  let html = ''
  for (const { start, end } of highlights) {
    html += `${escape(text.slice(at, start))}<mark>${escape(text.slice(start, end))}</mark>`
    at = end
  }
  return html + escape(text.slice(at))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
