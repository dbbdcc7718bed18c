// The files of an import that are shown: pages of them, kept true by what is heard of each.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import { slipway, toError, type ApiError, type ImportFile, type ImportFileState } from '../api.ts'

interface Shown {
  readonly items: readonly ImportFile[]
  readonly cursor: string | null
}

export function useFiles(id: string) {
  const [state, setState] = useState<ImportFileState | null>(null)
  const [shown, setShown] = useState<Shown | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const newest = useRef(0)
  // Heard while a page is under way, which may be older.
  const heard = useRef(new Map<string, ImportFile>())
  // Those who call back later have the state of when they were made.
  const now = useRef(state)
  now.current = state

  const ask = (cursor: string | null, before: readonly ImportFile[]) => {
    const turn = (newest.current ?? 0) + 1
    newest.current = turn
    const of = now.current ?? null
    heard.current = new Map()
    setBusy(true)
    setFailure(undefined)
    slipway.imports
      .files(id, of === null ? {} : { state: of })
      .page(cursor)
      .then((page) => {
        if (newest.current !== turn) return
        const known = new Set(before.map((file) => file.id))
        const items = [...before, ...page.items.filter((file) => !known.has(file.id))]
        const read = { items, cursor: page.next_cursor }
        setShown(merge(read, [...(heard.current?.values() ?? [])], of))
        setBusy(false)
      })
      .catch((error: unknown) => {
        if (newest.current !== turn) return
        setFailure(toError(error))
        setBusy(false)
      })
  }
  useEffect(() => {
    setShown(undefined)
    ask(null, [])
    return () => {
      newest.current = (newest.current ?? 0) + 1
    }
  }, [id, state])

  return {
    state,
    setState,
    shown,
    failure,
    busy,
    /** Asks for the next page. */
    more: () => {
      if (shown?.cursor && !busy) ask(shown.cursor, shown.items)
    },
    reload: () => ask(null, []),
    apply: (files: readonly ImportFile[]) => {
      for (const file of files) heard.current?.set(file.id, file)
      setShown((old) => old && merge(old, files, now.current ?? null))
    },
  }
}

/** What is shown changes in its place, or goes where it is not of the state any more; what is new stands at the end, once that is shown. */
function merge(
  { items, cursor }: Shown,
  files: readonly ImportFile[],
  state: ImportFileState | null,
): Shown {
  const changed = new Map(files.map((file) => [file.id, file]))
  const fits = (file: ImportFile) => state === null || file.state === state
  const kept = items
    .map((item) => {
      const news = changed.get(item.id)
      changed.delete(item.id)
      return news ?? item
    })
    .filter(fits)
  const added = cursor === null ? [...changed.values()].filter(fits) : []
  return { items: [...kept, ...added], cursor }
}
