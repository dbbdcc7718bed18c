// Delivers alerts at least once: a lease by compare-and-swap, later and later tries, and an end after about a day. Order is not promised.
import { and, eq, inArray, isNull, lt, lte, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { randomId } from '../crypto/random.ts'
import { errorNames, writeLog } from '../log.ts'
import { alerts, type AlertRow } from './schema.ts'
import { sendAlert } from './send.ts'

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
  if (settings.alerts === undefined) {
    // Nobody wants to be told any more.
    const { meta } = await db.delete(alerts)
    return meta.changes
  }
  const leaseId = randomId()
  const due = await claim(services, leaseId)
  const ends = now() + SHARE
  let count = 0
  let failures = 0
  for (const row of due) {
    if (failures === AWAY || now() > ends) break
    const isDelivered = await tryAlert(services, row)
    failures = isDelivered ? 0 : failures + 1
    if (isDelivered || (await postpone(services, row)) === 'given up') count++
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
    const { provider, code } = row
    const errors = errorNames(error)
    writeLog({ level: 'warn', event: 'alert_failure', request_id, provider, code, errors })
    services.count('alerts_failed')
    return false
  }
}

async function postpone(services: Services, row: AlertRow): Promise<'given up' | 'waits'> {
  const { db, now, requestId: request_id } = services
  const nextAt = now() + Math.min(FIRST_WAIT * 2 ** row.attempts, LONGEST_WAIT)
  if (nextAt > row.createdAt + GIVE_UP) {
    await db.delete(alerts).where(held(row))
    const { provider, code } = row
    writeLog({ level: 'error', event: 'alert_given_up', request_id, provider, code })
    services.count('alerts_given_up')
    return 'given up'
  }
  const change = { attempts: row.attempts + 1, nextAt, leaseId: null, leaseUntil: null }
  await db.update(alerts).set(change).where(held(row))
  return 'waits'
}

const held = ({ id, leaseId }: AlertRow) =>
  and(eq(alerts.id, id), eq(alerts.leaseId, leaseId ?? ''))
