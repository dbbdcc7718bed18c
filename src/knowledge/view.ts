// Results of a search as the API shows them.
import type { Answer } from '../answer.ts'
import { viewDocument } from '../documents/view.ts'
import { getProvider } from '../providers/registry.ts'
import type { resultSchema } from './answers.ts'
import { excerptOf, findHits } from './passage.ts'
import type { Query } from './query.ts'
import type { Found } from './search.ts'

export type ResultView = Answer<typeof resultSchema>

/**
 * @param length UTF-16 units of the passage that are shown, about
 * @returns undefined for a passage that has nothing of it but what it repeats of the one before, which is found itself
 */
export function viewResult(found: Found, query: Query, length: number): ResultView | undefined {
  const { passage, score } = found
  const hits = findHits(passage.text, query.phrases)
  if (hits.length > 0 && hits.every(({ end }) => end <= passage.overlap)) return undefined
  const document = viewDocument(found.document, found.storageStatus ?? undefined)
  const { text, html, highlights } = excerptOf(passage.text, hits, length)
  const { ordinal, page, pageEnd, heading } = passage
  return {
    document,
    passage: { text, html, highlights, page, page_end: pageEnd, heading, ordinal },
    source: document.source && {
      ...document.source,
      name: nameOf(found, document.source.provider),
    },
    score,
  }
}

/** What the user calls the place that it comes from. */
function nameOf({ sourceLabel }: Found, provider: string): string {
  return sourceLabel ?? getProvider(provider)?.label ?? provider
}
