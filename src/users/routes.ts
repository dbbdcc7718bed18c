// The caller's own settings: who they are here, and where their documents go by default.
import { and, eq, isNull } from 'drizzle-orm'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { recordAuditIfChanged } from '../audit/record.ts'
import { requireLeaver, requireUser } from '../auth/roles.ts'
import { findByProvider, getConnection } from '../connections/store.ts'
import { openConnection, openSession } from '../connections/session.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import { openLedger } from '../storage/ledger.ts'
import type { defaultStorageSchema, deletionSchema, userSchema } from './answers.ts'
import { requestDeletion } from './deletion.ts'
import { users, type User } from './schema.ts'
import { ensureUser, findUser } from './store.ts'

const storageBody = z.strictObject({
  backend: z.string().min(1).max(64),
  connection_id: z.string().min(1).max(64).optional(),
  folder_id: z.string().min(1).max(2048).optional(),
})

export const userRoutes = new Hono<AppEnv>()

/** Of whom nothing is stored, nothing has to be deleted. */
userRoutes.delete('/me', requireLeaver, async (c) => {
  const { services, caller } = c.var
  await requestDeletion(services, caller.userId, caller.userId)
  return c.json({ status: 'deleting' } satisfies Answer<typeof deletionSchema>, 202)
})

userRoutes.use(requireUser)

userRoutes.get('/me', async (c) => {
  const { services, caller } = c.var
  const user = await findUser(services.db, caller.userId)
  return c.json({
    user_id: caller.userId,
    email: caller.email ?? null,
    ...viewStorage(user ?? NEW),
    storage: await openLedger(services, caller.userId).usage(),
  } satisfies Answer<typeof userSchema>)
})

userRoutes.patch('/me/default-storage', validate('json', storageBody), async (c) => {
  const { services, caller } = c.var
  const body = c.req.valid('json')
  const provider = getProvider(body.backend)
  if (provider === undefined) throw invalidField('body.backend', 'names no storage backend')
  if (provider.upload === undefined) {
    throw new Problem('not_supported', 'This provider is read-only.')
  }
  await ensureUser(services.db, caller.userId, services.now())
  const builtIn = provider.auth.kind === 'builtin'
  if (builtIn && body.connection_id !== undefined) {
    throw invalidField('body.connection_id', 'does not go with the default storage')
  }
  const connection = builtIn
    ? undefined
    : body.connection_id === undefined
      ? await findByProvider(services.db, caller.userId, provider.id)
      : await getConnection(services.db, caller.userId, body.connection_id)
  if (!builtIn && (connection === undefined || connection.status === 'REQUIRES_REAUTH')) {
    throw new Problem('not_found', 'There is no active connection for this backend.')
  }
  if (connection !== undefined && connection.provider !== provider.id) {
    throw invalidField('body.connection_id', 'belongs to another provider')
  }
  if (body.folder_id !== undefined) {
    const live =
      connection === undefined
        ? await openConnection(services, caller.userId, provider.id)
        : await openSession(services, connection)
    const folder = await live.provider.stat(live.session, body.folder_id)
    if (!folder.isFolder) throw invalidField('body.folder_id', 'is not a folder')
  }
  const [rows] = await services.db.batch([
    services.db
      .update(users)
      .set({
        defaultBackend: provider.id,
        defaultConnectionId: connection?.id ?? null,
        defaultFolderId: body.folder_id ?? null,
      })
      .where(and(eq(users.id, caller.userId), isNull(users.deletingAt)))
      .returning(),
    recordAuditIfChanged(services, {
      action: 'user.default_storage_changed',
      userId: caller.userId,
      actor: caller.userId,
      provider: provider.id,
      subjectId: connection?.id,
    }),
  ])
  if (rows[0] === undefined) throw new Problem('not_found')
  return c.json(viewStorage(rows[0]))
})

/** As the schema has it, for one of whom nothing is stored. */
const NEW = { defaultBackend: 'r2', defaultConnectionId: null, defaultFolderId: null } as const

function viewStorage(user: Pick<User, keyof typeof NEW>): Answer<typeof defaultStorageSchema> {
  return {
    default_storage: {
      backend: user.defaultBackend,
      connection_id: user.defaultConnectionId,
      folder_id: user.defaultFolderId,
    },
  }
}
