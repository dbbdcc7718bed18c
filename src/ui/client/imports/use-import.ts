// One import as it is now, on whatever page shows it: looked up once, then followed until it is over.
import { useEffect, useState } from 'hono/jsx/dom'
import {
  slipway,
  toError,
  type ApiError,
  type Import,
  type ImportDetails,
  type ImportFile,
} from '../api.ts'
import { watchImport } from './import-watch.ts'
import { isOver } from './import-words.ts'

/** @param onFiles hears of files that have changed */
export function useImport(id: string, onFiles: (files: readonly ImportFile[]) => void) {
  const [view, setView] = useState<ImportDetails | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [round, setRound] = useState(0)

  useEffect(() => {
    let isGone = false
    let stop: (() => void) | undefined
    const fail = (error: unknown) => {
      if (!isGone) setFailure(toError(error))
    }
    slipway.imports
      .get(id)
      .then((found) => {
        if (isGone) return
        setView(found)
        setFailure(undefined)
        if (isOver(found)) return
        stop = watchImport(id, found.version, { onImport: setView, onFiles, onFailed: fail })
      })
      .catch(fail)
    return () => {
      isGone = true
      stop?.()
    }
  }, [id, round])

  return {
    /** Undefined until it is known; of the import of before until another is. */
    view: view?.id === id ? view : undefined,
    failure,
    /** How often it was looked up anew. */
    round,
    reload: () => setRound((count) => count + 1),
    /** Takes what a call has answered. One that was over may run again. */
    adopt: (news: Import) => {
      if (view === undefined) return
      setView({ ...view, ...news })
      if (isOver(view) && !isOver(news)) setRound((count) => count + 1)
    },
  }
}
