// One message, one slice of a deletion: goes through the stages until its share is done. What fails is tried again, and never ends the deletion.
import type { Services } from '../../app-context.ts'
import { changes } from '../../db/client.ts'
import { errorNames, stackOf, writeLog } from '../../log.ts'
import { DELETION_STAGES, type DeletionStage } from '../schema.ts'
import { audit } from './audit.ts'
import { check } from './check.ts'
import { connections } from './connections.ts'
import { enterStage, releaseLease, takeLease, type Lease } from './lease.ts'
import { objects } from './objects.ts'
import { rows } from './rows.ts'
import { stop } from './stop.ts'
import type { Outcome, Stage, Task } from './task.ts'
import { vendors } from './vendors.ts'

const STAGES: Readonly<Record<DeletionStage, Stage>> = {
  ...{ stop, vendors, connections, objects, rows, audit, check },
}

/** Milliseconds, statements and subrequests after which a slice begins nothing more: the platform allows 1,000 of each. */
const SHARE_MS = 45_000
const SHARE_OPERATIONS = 600
/** Milliseconds between two tries. */
const PAUSES_MS = [60_000, 5 * 60_000, 30 * 60_000, 2 * 3600_000]
/** What others have to do with goes on after so many tries, undone: the credentials must not live on for a vendor that is down. */
const LAST_TRY = PAUSES_MS.length
const MAY_BE_LEFT: readonly DeletionStage[] = ['stop', 'vendors', 'connections']

/** What is to be done next. `over`: nothing by this message. */
export type Next = 'more' | 'over'

export async function runSlice(services: Services, id: string): Promise<Next> {
  const lease = await takeLease(services, id)
  // Over, not due, or somebody is at work on it.
  if (lease === undefined) return 'over'
  const { meter, now } = services
  const ends = now() + SHARE_MS
  const isOver = () =>
    now() > ends || meter.statements > SHARE_OPERATIONS || meter.subrequests > SHARE_OPERATIONS
  let { stage, attempts } = lease.row
  for (;;) {
    const isLast = attempts >= LAST_TRY && MAY_BE_LEFT.includes(stage)
    const { userId } = lease.row
    const outcome = await run(stage, { services, lease, userId, isLast, isOver })
    if (outcome !== 'done') return pause(services, lease, outcome, attempts)
    const next = DELETION_STAGES[DELETION_STAGES.indexOf(stage) + 1]
    if (next === undefined) break
    if (changes(await enterStage(services, lease, next)) === 0) return 'over'
    stage = next
    attempts = 0
  }
  const { statements, subrequests } = meter
  writeLog({ level: 'info', event: 'deletion_end', statements, subrequests })
  return 'over'
}

/** What throws is a bug, or a database that is away: tried again, and left where it may be. */
async function run(stage: DeletionStage, task: Task): Promise<Outcome> {
  try {
    return await STAGES[stage](task)
  } catch (error) {
    const at = stackOf(error) ?? ''
    writeLog({ level: 'error', event: 'deletion_failure', errors: errorNames(error), at })
    return task.isLast && stage !== 'connections' ? 'done' : 'trouble'
  }
}

async function pause(
  services: Services,
  lease: Lease,
  outcome: Exclude<Outcome, 'done'>,
  attempts: number,
): Promise<Next> {
  if (outcome === 'more') {
    await releaseLease(services, lease, { attempts, notBefore: 0 })
    return 'more'
  }
  if (outcome === 'trouble') {
    const wait = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? 0
    const notBefore = services.now() + wait
    await releaseLease(services, lease, { attempts: attempts + 1, notBefore })
  } else {
    await releaseLease(services, lease, { attempts, notBefore: outcome.until })
  }
  return 'over'
}
