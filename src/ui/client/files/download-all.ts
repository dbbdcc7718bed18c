// Downloads several files, one after the other: what begins at the same moment, browsers drop.
import { contentPath, toError, type Item } from '../api.ts'
import { download } from '../downloads.ts'
import { complain, warn } from '../toasts.ts'

/** Milliseconds between the beginnings of two downloads. */
const GAP = 700

/** Failures that are told one by one. */
const NAMED = 3

/** What the next file would fail for, too. */
const OF_ALL = ['network', 'unauthorized', 'forbidden', 'reauth_required', 'provider_misconfigured']

/** Begins them all; ends once the last has begun, or nothing more can be had. What was refused is told, all of it at once. */
export async function downloadAll(connection: string, items: readonly Item[]): Promise<void> {
  const failed: string[] = []
  for (const [at, item] of items.entries()) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, GAP))
    try {
      await download(contentPath(connection, item.id))
    } catch (error) {
      const problem = toError(error)
      if (items.length === 1) return complain(problem)
      if (OF_ALL.includes(problem.code)) {
        complain(problem)
        return warn(wordsOf(at - failed.length, items.length, failed))
      }
      failed.push(`${item.name}: ${problem.message}`)
    }
  }
  if (failed.length > 0) warn(wordsOf(items.length - failed.length, items.length, failed))
}

function wordsOf(done: number, all: number, failed: readonly string[]): string {
  const more = failed.length > NAMED ? [`And ${failed.length - NAMED} more.`] : []
  return [`Downloaded ${done} of ${all} files.`, ...failed.slice(0, NAMED), ...more].join(' ')
}
