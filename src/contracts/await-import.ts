// Waits for an import, for a contract whose callers expect its documents in the answer: never longer than they can be expected to wait.
import type { Services } from '../app-context.ts'
import type { ImportRow } from '../imports/schema.ts'
import { getImport, isOver, wakeIfDue } from '../imports/store.ts'

/** Seconds that a caller waits at most. */
export const MAX_WAIT_S = 25

/** RFC 7240 section 4.1 and 4.3: a caller may want to wait for less. */
export function readWait(prefer: string | undefined): number {
  if (/(?:^|[\s,;])respond-async\b/i.test(prefer ?? '')) return 0
  const seconds = /(?:^|[\s,;])wait *= *"?(\d{1,4})\b/i.exec(prefer ?? '')?.[1]
  return Math.min(seconds === undefined ? MAX_WAIT_S : Number(seconds), MAX_WAIT_S)
}

/** The import when it is over, or stands still for longer than that, or when the seconds have passed. */
export async function awaitImport(
  services: Services,
  ordered: ImportRow,
  seconds: number,
): Promise<ImportRow> {
  const deadline = services.now() + seconds * 1000
  let found = ordered
  for (let pause = 100; !isOver(found) && !isStill(found, deadline); pause *= 1.5) {
    const rest = deadline - services.now()
    if (rest <= 0) break
    wakeIfDue(services, found)
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, rest, 1000)))
    found = await getImport(services.db, ordered.userId, ordered.id)
  }
  return found
}

/** Nothing happens to it before the deadline, unless somebody acts. */
const isStill = ({ status, resumeAt }: ImportRow, deadline: number) =>
  status === 'paused' && (resumeAt ?? Infinity) >= deadline
