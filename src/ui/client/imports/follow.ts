// Imports that nobody looks at any more: their end, and a pause that needs the user, are said on whichever page is open.
import type { Import } from '../api.ts'
import { say, warn } from '../toasts.ts'
import { watchImport } from './import-watch.ts'
import { isOver, plural } from './import-words.ts'

const followed = new Set<string>()

const linkTo = (id: string) => ({ href: importPlace(id), label: 'Show the import' })

/** The place of an import's page. */
export const importPlace = (id: string) => `#/-/imports/${encodeURIComponent(id)}`

/** Once for each import; while its own page is open, that says it all. */
export function followImport({ id, version }: Import): void {
  if (followed.has(id)) return
  followed.add(id)
  let hasAsked = false
  const stop = watchImport(id, version, {
    onImport: (view) => {
      const isSeen = location.hash === importPlace(id)
      const asks = view.pause_reason === 'reauth_required'
      if (asks && !hasAsked && !isSeen) {
        warn('An import waits: its drive wants you to sign in again.', linkTo(id))
      }
      hasAsked = asks
      if (!isOver(view)) return
      followed.delete(id)
      stop()
      if (!isSeen) tellEnd(view)
    },
    onFailed: () => void followed.delete(id),
  })
}

function tellEnd({ id, status, counts, folders }: Import): void {
  const { imported, failed } = counts
  const done = `${imported} ${plural(imported, 'file')} imported`
  if (status === 'failed') warn('An import has failed.', linkTo(id))
  else if (status === 'cancelled') return
  else if (failed + folders.failed > 0) warn(`${done}, ${failed} could not be.`, linkTo(id))
  else say(`${done}.`, linkTo(id))
}
