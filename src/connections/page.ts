// A page of a user's own connections, for every route that lists them.
import { z } from 'zod'
import type { Services } from '../app-context.ts'
import { openCursor, sealCursor } from './cursor.ts'
import { listConnections } from './store.ts'
import { viewConnection, type ConnectionView } from './view.ts'

export const pageQuery = z.strictObject({
  cursor: z.string().max(4000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
})

const SCOPE = ['connections']

/** The oldest first; the cursor is null behind the last one. */
export async function pageOfConnections(
  services: Services,
  userId: string,
  { cursor, limit }: z.output<typeof pageQuery>,
): Promise<{ readonly connections: ConnectionView[]; readonly next_cursor: string | null }> {
  const after =
    cursor === undefined
      ? undefined
      : await openCursor<{ createdAt: number; id: string }>(services, userId, SCOPE, cursor)
  const rows = await listConnections(services.db, userId, { after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor =
    rows.length > limit && last !== undefined
      ? await sealCursor(services, userId, SCOPE, { createdAt: last.createdAt, id: last.id })
      : null
  return { connections: page.map((row) => viewConnection(row, services.now())), next_cursor }
}
