// What the documents page shows: all documents, or what a search finds; of two answers that cross, the newer question's counts.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import { slipway, toError, type ApiError, type DocumentView, type SearchResult } from '../api.ts'
import { toQuery } from './typed-query.ts'

/** A document, and what was found in it. */
export interface Entry {
  readonly document: DocumentView
  readonly result?: SearchResult
}

export interface Shown {
  /** What was asked for. */
  readonly q: string
  readonly category: string
  readonly entries: readonly Entry[]
  readonly cursor: string | null
}

/** Milliseconds without a key before what was typed is asked for. */
const REST_MS = 250

export function useDocuments(q: string, category: string) {
  const [shown, setShown] = useState<Shown | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const newest = useRef(0)
  const isFirst = useRef(true)

  const ask = (cursor: string | null, before: readonly Entry[]) => {
    const turn = (newest.current ?? 0) + 1
    newest.current = turn
    setBusy(true)
    read(q, category, cursor)
      .then((page) => {
        if (newest.current !== turn) return
        setShown({ q, category, entries: [...before, ...page.entries], cursor: page.cursor })
        setFailure(undefined)
        setBusy(false)
      })
      .catch((error: unknown) => {
        if (newest.current !== turn) return
        setFailure(toError(error))
        setBusy(false)
      })
  }
  useEffect(() => {
    // What is still on its way answers what is no longer asked.
    newest.current = (newest.current ?? 0) + 1
    setBusy(true)
    const timer = setTimeout(() => ask(null, []), isFirst.current ? 0 : REST_MS)
    isFirst.current = false
    return () => {
      clearTimeout(timer)
      newest.current = (newest.current ?? 0) + 1
    }
  }, [q, category])

  const change = (edit: (entries: readonly Entry[]) => readonly Entry[]) =>
    setShown((old) => old && { ...old, entries: edit(old.entries) })

  return {
    shown,
    failure,
    busy,
    more: () => {
      // A cursor goes on with the question that it came from, and no other.
      const isSame = shown?.q === q && shown.category === category
      if (isSame && shown.cursor && !busy) ask(shown.cursor, shown.entries)
    },
    reload: () => ask(null, []),
    change,
  }
}

async function read(q: string, category: string, cursor: string | null) {
  const filter = category === '' ? {} : { category }
  if (q.trim() === '') {
    const { documents, next_cursor } = await slipway.documents.list(filter).page(cursor)
    return { entries: documents.map((document): Entry => ({ document })), cursor: next_cursor }
  }
  const found = slipway.documents.search(toQuery(q), { ...filter, limit: 20 })
  const { results, next_cursor } = await found.page(cursor)
  const entries = results.map((result): Entry => ({ document: result.document, result }))
  return { entries, cursor: next_cursor }
}
