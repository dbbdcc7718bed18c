// The Worker's entry: requests go to the app, messages to the imports, the clock to what has to be cleared away or kept alive.
import { deliverAlerts } from './alerts/deliver.ts'
import { app } from './app.ts'
import { keepAlive } from './connections/keep-alive.ts'
import { toProblem } from './problems/respond.ts'
import { randomId } from './crypto/random.ts'
import { sweepPending } from './documents/sweep.ts'
import type { Env } from './env.ts'
import { consumeDead, consumeImports } from './imports/consume.ts'
import { sweepCopies } from './imports/copy-state.ts'
import { dispatchDue, type ImportMessage } from './imports/dispatch.ts'
import { sweepImports } from './imports/sweep.ts'
import { sweepKeys } from './keys/sweep.ts'
import { errorNames, writeLog } from './log.ts'
import { sweepAttempts } from './oauth/attempts.ts'
import { revokeUnclaimed } from './oauth/unclaimed.ts'
import { buildServices } from './services.ts'
import { recount } from './storage/count.ts'
import { consumeDeadDeletions, consumeDeletions } from './users/erase/consume.ts'
import { dispatchDeletions, type DeletionMessage } from './users/erase/dispatch.ts'
import { sweepUploads } from './uploads/end.ts'
import { sweepStaging } from './uploads/sweep-staging.ts'

const EVERY_MINUTE = '* * * * *'
/** What cannot wait for a quarter of an hour. */
const EVERY_MINUTE_JOBS = [dispatchDue, sweepCopies, dispatchDeletions, deliverAlerts]
/** Each leaves to the next run what it cannot do in this one. */
const SWEEPS = [
  revokeUnclaimed,
  sweepAttempts,
  sweepUploads,
  sweepStaging,
  sweepPending,
  sweepImports,
  recount,
  keepAlive,
  sweepKeys,
]

function backgroundServices(env: Env, ctx: ExecutionContext) {
  return buildServices(env, {
    waitUntil: (work) => ctx.waitUntil(work),
    requestId: randomId(),
    country: null,
  })
}

/** What a queue brings is what was sent to it. */
const isOf = <Message>(batch: MessageBatch, queue: string): batch is MessageBatch<Message> =>
  batch.queue === queue

// eslint-disable-next-line no-restricted-exports -- the platform reads the default export
export default {
  fetch: app.fetch,
  async queue(batch, env, ctx) {
    const services = backgroundServices(env, ctx)
    if (isOf<DeletionMessage>(batch, 'slipway-jobs')) return consumeDeletions(services, batch)
    if (isOf<DeletionMessage>(batch, 'slipway-jobs-dead')) return consumeDeadDeletions(batch)
    const consume = batch.queue.endsWith('-dead') ? consumeDead : consumeImports
    await consume(services, batch as MessageBatch<ImportMessage>)
  },
  async scheduled({ cron }, env, ctx) {
    const services = backgroundServices(env, ctx)
    const jobs = cron === EVERY_MINUTE ? EVERY_MINUTE_JOBS : SWEEPS
    const ended = await Promise.allSettled(jobs.map((job) => job(services)))
    let count = 0
    for (const job of ended) {
      // One that fails must not keep the others from their work.
      if (job.status === 'fulfilled') count += job.value
      else {
        const { code } = toProblem(job.reason)
        const { requestId: request_id } = services
        const errors = errorNames(job.reason)
        writeLog({ level: 'error', event: 'sweep_failure', request_id, code, errors })
      }
    }
    if (count > 0 || cron !== EVERY_MINUTE) writeLog({ level: 'info', event: 'swept', count })
  },
} satisfies ExportedHandler<Env>
