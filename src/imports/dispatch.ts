// Sends the messages that make imports go on. D1 says what is to be done; a message only says that something is, and may be lost or come twice.
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { imports } from './schema.ts'

/** All that a message says. */
export interface ImportMessage {
  readonly import_id: string
}

/** Milliseconds after which a message that nobody has taken up counts as lost. */
const LOST_MS = 90_000
/** Messages of one run of the clock. */
const MAX_SENT = 500

type DispatchServices = Pick<Services, 'db' | 'now' | 'importQueue'>

/** Sends the message of a running import. One that cannot be sent is sent by the clock. */
export async function dispatchImport(
  { db, now, importQueue }: DispatchServices,
  importId: string,
): Promise<void> {
  await importQueue.send({ import_id: importId } satisfies ImportMessage)
  await db.update(imports).set({ dispatchedAt: now() }).where(eq(imports.id, importId))
}

/**
 * Ends the pauses whose time has come, and sends the messages of imports that run without anybody at work on them. Returns how
 * many were sent.
 */
export async function dispatchDue(services: DispatchServices): Promise<number> {
  const { db, now } = services
  await db
    .update(imports)
    .set({ status: 'running', pauseReason: null, resumeAt: null, dispatchedAt: null })
    .where(and(eq(imports.status, 'paused'), lt(imports.resumeAt, now())))
  const lost = now() - LOST_MS
  const due = await db
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.status, 'running'),
        or(isNull(imports.leaseUntil), lt(imports.leaseUntil, now())),
        or(isNull(imports.dispatchedAt), lt(imports.dispatchedAt, lost)),
      ),
    )
    .limit(MAX_SENT)
  for (const { id } of due) await dispatchImport(services, id)
  return due.length
}
