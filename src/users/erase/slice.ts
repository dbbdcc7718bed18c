// One message, one slice of a deletion: goes through the stages until its share is done. What fails is tried again, and never ends the deletion.
import type { Services } from '../../app-context.ts'
import { changes } from '../../db/client.ts'
import { errorNames, stackOf, writeLog } from '../../log.ts'
import { DELETION_STAGES, type DeletionStage } from '../schema.ts'
import { audit } from './audit.ts'
import { check } from './check.ts'
import { connections } from './connections.ts'
import { enterStage, findTurn, releaseLease, takeLease, type Lease } from './lease.ts'
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
/** Milliseconds after the mark before which nothing is left undone: slices that die count as tries, and come soon after each other. */
const PATIENCE_MS = 2 * 3600_000
const MAY_BE_LEFT: readonly DeletionStage[] = ['stop', 'vendors', 'connections']

/** Returns when it goes on, in milliseconds since the epoch; undefined: that is not this message's to bring about. */
export async function runSlice(services: Services, id: string): Promise<number | undefined> {
  const lease = await takeLease(services, id)
  // Over, not due, or somebody is at work on it.
  if (lease === undefined) return findTurn(services, id)
  const { meter, now } = services
  const ends = now() + SHARE_MS
  const isOver = () =>
    now() > ends || meter.statements > SHARE_OPERATIONS || meter.subrequests > SHARE_OPERATIONS
  const { createdAt, userId } = lease.row
  let { stage, attempts } = lease.row
  for (;;) {
    const isTried = attempts >= LAST_TRY && now() >= createdAt + PATIENCE_MS
    const isLast = isTried && MAY_BE_LEFT.includes(stage)
    const outcome = await run(stage, { services, lease, userId, isLast, isOver })
    if (outcome !== 'done') return pause(services, lease, outcome, attempts)
    const next = DELETION_STAGES[DELETION_STAGES.indexOf(stage) + 1]
    if (next === undefined) break
    if (changes(await enterStage(services, lease, next)) === 0) return undefined
    stage = next
    attempts = 0
  }
  const { statements, subrequests } = meter
  writeLog({ level: 'info', event: 'deletion_end', statements, subrequests })
  return undefined
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
): Promise<number | undefined> {
  if (outcome === 'more') return releaseLease(services, lease, { attempts })
  if (outcome === 'trouble') {
    const wait = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? 0
    const notBefore = services.now() + wait
    return releaseLease(services, lease, { attempts: attempts + 1, notBefore })
  }
  return releaseLease(services, lease, { attempts, notBefore: outcome.until })
}
