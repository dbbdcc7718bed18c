// Downloads several files, one after the other: what begins at the same moment, browsers drop.
import { contentPath, toError, type Item } from '../api.ts'
import { download } from '../downloads.ts'
import { complain, warn } from '../toasts.ts'

/** Milliseconds between the beginnings of two downloads. */
const GAP = 700

/** What the next file would fail for, too. */
const OF_ALL = ['network', 'unauthorized', 'forbidden', 'reauth_required', 'provider_misconfigured']

/** Begins them all; ends once the last has begun, or nothing more can be had. What was refused is told. */
export async function downloadAll(connection: string, items: readonly Item[]): Promise<void> {
  for (const [at, item] of items.entries()) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, GAP))
    try {
      await download(contentPath(connection, item.id))
    } catch (error) {
      const problem = toError(error)
      if (items.length === 1) return complain(problem)
      if (OF_ALL.includes(problem.code)) {
        complain(problem)
        return warn(`Downloaded ${at} of ${items.length} files.`)
      }
      warn(`${item.name} could not be downloaded. ${problem.message}`)
    }
  }
}
