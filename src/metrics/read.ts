// All metrics as they are now: the counters, and what stands in the tables at this moment.
import { and, count, eq, isNull, lt, min, or, sql } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { alerts } from '../alerts/schema.ts'
import { CONNECTION_STATUSES, connections } from '../connections/schema.ts'
import { IMPORT_STATUSES, imports } from '../imports/schema.ts'
import { uploads } from '../uploads/schema.ts'
import { deletions } from '../users/schema.ts'
import { counterMetrics, providerLabel } from './counters.ts'
import type { Metric, Sample } from './exposition.ts'
import { metricCounts } from './schema.ts'

type Labels = Sample['labels']

/** Seven statements; no row of a user's is among the answers. */
export async function readMetrics({ db, now }: Pick<Services, 'db' | 'now'>): Promise<Metric[]> {
  const [counts, held, orders, [oldest], [waiting], [open], [leaving]] = await db.batch([
    db.select().from(metricCounts),
    db
      .select({ provider: connections.provider, status: connections.status, value: count() })
      .from(connections)
      .groupBy(connections.provider, connections.status),
    db.select({ status: imports.status, value: count() }).from(imports).groupBy(imports.status),
    // Running, and nobody is at work on it, or whoever was has died. Since it last got on: messages are sent again and again.
    db
      .select({ since: min(imports.updatedAt) })
      .from(imports)
      .where(
        and(
          eq(imports.status, 'running'),
          or(isNull(imports.leaseId), lt(imports.leaseUntil, now())),
        ),
      ),
    db.select({ value: count() }).from(alerts),
    // The state is written out, so that SQLite takes the index that has nothing else in it.
    db
      .select({ value: count() })
      .from(uploads)
      .where(sql`status = 'open'`),
    db.select({ value: count() }).from(deletions),
  ])
  const since = oldest?.since ?? null
  return [
    ...counterMetrics(counts),
    gauge(
      'slipway_connections',
      'Connections, by provider and status.',
      held.map(({ provider, status, value }) => [
        { provider: providerLabel(provider), status: known(CONNECTION_STATUSES, status) },
        value,
      ]),
    ),
    gauge(
      'slipway_imports',
      'Imports that are remembered, by status.',
      IMPORT_STATUSES.map((status) => [
        { status },
        orders.find((one) => one.status === status)?.value ?? 0,
      ]),
    ),
    gauge(
      'slipway_import_queue_age_seconds',
      'How long the oldest import that runs has waited for somebody to work on it.',
      [[{}, since === null ? 0 : Math.max(0, now() - since) / 1000]],
    ),
    gauge('slipway_alerts_waiting', 'Alerts that are still to be delivered.', [
      [{}, waiting?.value ?? 0],
    ]),
    gauge('slipway_uploads_open', 'tus uploads that are open.', [[{}, open?.value ?? 0]]),
    gauge('slipway_deletions_running', 'Accounts that are being deleted.', [
      [{}, leaving?.value ?? 0],
    ]),
  ]
}

function gauge(
  name: string,
  help: string,
  values: readonly (readonly [labels: Labels, value: number])[],
): Metric {
  const samples = values.map(([labels, value]) => ({ labels, value }))
  return { name, help, type: 'gauge', samples }
}

const known = (list: readonly string[], value: string) => (list.includes(value) ? value : 'other')
