// Delivers alerts at least once: a lease by compare-and-swap, later and later tries, and an end after about a day. Order is not promised.
import { and, eq, inArray, isNull, lt, lte, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { errorNames, writeLog } from '../log.ts'
import { toProblem } from '../problems/respond.ts'
import { alerts, type AlertRow } from './schema.ts'
import { Refused, sendAlert } from './send.ts'

/** Alerts of one run of the clock. */
const BATCH = 20
/** Milliseconds after which a run begins no other. */
const SHARE = 40_000
/** Longer than a run can take. */
const LEASE = 120_000
/** Failures in a row after which a receiver counts as away, and the rest waits for the next run. */
const AWAY = 3
/** Milliseconds before the second try; doubled each time, up to the longest. */
const FIRST_WAIT = 30_000
const LONGEST_WAIT = 2 * 3600_000
const GIVE_UP = 24 * 3600_000

/** Returns how many were delivered or given up. */
export async function deliverAlerts(services: Services): Promise<number> {
  const { db, now, settings } = services
  const late = await giveUpLate(services)
  // Nobody wants to be told; the settings may be back soon.
  if (settings.alerts === undefined) return late
  const leaseId = randomId()
  const due = await claim(services, leaseId)
  const ends = now() + SHARE
  let count = late
  let failures = 0
  for (const row of due) {
    if (failures === AWAY || now() > ends) break
    const isDelivered = await tryAlert(services, row)
    failures = isDelivered ? 0 : failures + 1
    if (isDelivered) count++
    else await postpone(services, row)
  }
  // What was not come to.
  await db
    .update(alerts)
    .set({ leaseId: null, leaseUntil: null })
    .where(eq(alerts.leaseId, leaseId))
  return count
}

async function claim({ db, now }: Services, leaseId: string): Promise<AlertRow[]> {
  const isFree = or(isNull(alerts.leaseUntil), lt(alerts.leaseUntil, now()))
  const due = db
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(lte(alerts.nextAt, now()), isFree))
    .orderBy(alerts.nextAt)
    .limit(BATCH)
  return db
    .update(alerts)
    .set({ leaseId, leaseUntil: now() + LEASE })
    .where(and(inArray(alerts.id, due), isFree))
    .returning()
}

async function tryAlert(services: Services, row: AlertRow): Promise<boolean> {
  try {
    await sendAlert(services, row)
    await services.db.delete(alerts).where(held(row))
    services.count('alerts_sent')
    return true
  } catch (error) {
    const { requestId: request_id } = services
    // Why the receiver was not told; of what it was not told stands in the row.
    const why =
      error instanceof Refused ? { status: error.status } : { code: toProblem(error).code }
    const errors = errorNames(error)
    writeLog({ level: 'warn', event: 'alert_failure', request_id, errors, ...why })
    services.count('alerts_failed')
    return false
  }
}

async function postpone({ db, now }: Services, row: AlertRow): Promise<void> {
  const nextAt = now() + Math.min(FIRST_WAIT * 2 ** row.attempts, LONGEST_WAIT)
  const change = { attempts: row.attempts + 1, nextAt, leaseId: null, leaseUntil: null }
  await db.update(alerts).set(change).where(held(row))
}

/** All at once: what is a day old is no news, and must not keep newer ones waiting. Returns how many there were. */
async function giveUpLate({ db, now, requestId, count }: Services): Promise<number> {
  const { meta } = await db.delete(alerts).where(lt(alerts.createdAt, now() - GIVE_UP))
  const { changes } = meta
  if (changes === 0) return 0
  writeLog({ level: 'error', event: 'alert_given_up', request_id: requestId, count: changes })
  count('alerts_given_up', { by: changes })
  return changes
}

const held = ({ id, leaseId }: AlertRow) =>
  and(eq(alerts.id, id), eq(alerts.leaseId, leaseId ?? ''))
