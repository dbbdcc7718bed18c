// The queue's end: each message is one slice, and brings about the next. What fails every time ends in the dead-letter queue, and is told.
import { eq } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { errorNames, stackOf, writeLog } from '../log.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { dispatchImport, type ImportMessage } from './dispatch.ts'
import { failImport, putAside } from './ends.ts'
import { judgePause } from './outcome.ts'
import { imports } from './schema.ts'
import { runSlice } from './slice.ts'

/** Seconds before a message that failed comes again; four times as long each time, so that a database may be away for half an hour. */
const RETRY_SECONDS = 5

export async function consumeImports(
  services: Services,
  batch: MessageBatch<ImportMessage>,
): Promise<void> {
  for (const message of batch.messages) {
    const { import_id: importId } = message.body
    try {
      if ((await runSlice(services, importId)) === 'more') await dispatchImport(services, importId)
      message.ack()
    } catch (error) {
      const at = stackOf(error) ?? ''
      writeLog({
        level: 'error',
        event: 'import_failure',
        request_id: services.requestId,
        import_id: importId,
        code: toProblem(error).code,
        errors: errorNames(error),
        at,
      })
      message.retry({ delaySeconds: RETRY_SECONDS * 4 ** (message.attempts - 1) })
    }
  }
}

/** Imports that no consumer could work on, most likely for trouble on the platform: put aside for a while, and failed after a day of that. */
export async function consumeDead(
  services: Services,
  batch: MessageBatch<ImportMessage>,
): Promise<void> {
  for (const message of batch.messages) {
    const { import_id: importId } = message.body
    const row = await services.db.select().from(imports).where(eq(imports.id, importId)).get()
    const { requestId: request_id } = services
    const { provider } = row ?? {}
    writeLog({ level: 'error', event: 'import_dead', request_id, import_id: importId, provider })
    // Somebody who took it up later is at work on it.
    const isLeased = (row?.leaseUntil ?? 0) > services.now()
    if (row?.status === 'running' && !isLeased) {
      const trouble = new Problem('provider_unavailable')
      const judged = judgePause(trouble, services.now(), row.troubles)
      if (judged.kind === 'pause') await putAside(services, row, judged.resumeAt)
      else await failImport(services, row, { code: 'internal', reason: 'interrupted' })
    }
    message.ack()
  }
}
