// One passage that was found, with what was looked for marked in it.
import type { SearchResult } from '../api.ts'

export function Found({ passage }: Pick<SearchResult, 'passage'>) {
  const { page, page_end, heading } = passage
  const pages =
    page === null
      ? ''
      : page_end === null || page_end === page
        ? `Page ${page}`
        : `Pages ${page}–${page_end}`
  const where = [pages, heading ?? ''].filter((part) => part !== '').join(' · ')
  return (
    <>
      {where !== '' && (
        <p class="small ellipsis where" title={where}>
          {where}
        </p>
      )}
      <p class="passage">{marked(passage)}</p>
    </>
  )
}

function marked({ text, highlights }: SearchResult['passage']) {
  let at = 0
  const parts = highlights.flatMap(({ start, end }) => {
    const before = tightened(text.slice(at, start))
    at = end
    return [before, <mark key={start}>{text.slice(start, end)}</mark>]
  })
  return [...parts, tightened(text.slice(at))]
}

/** Paragraphs stand below each other without a line between them: there is little room. */
const tightened = (text: string) => text.replace(/\n\s*\n/g, '\n')
