// The earlier contract `/api/v1/integrations`, served as it was written: one connection for each of four platforms, over the same services.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import type { AppContext, AppEnv } from '../app-context.ts'
import { requireOwnPage, requireUser } from '../auth/roles.ts'
import { disconnect } from '../connections/disconnect.ts'
import type { Connection } from '../connections/schema.ts'
import { openSession } from '../connections/session.ts'
import { findByProvider } from '../connections/store.ts'
import { toTime } from '../connections/view.ts'
import { folderId } from '../files/fields.ts'
import { createImport, ORDER_LIMIT } from '../imports/create.ts'
import { readKey } from '../imports/routes.ts'
import { bindBrowser, receiveCallback, sendBack, unbindBrowser } from '../oauth/browser.ts'
import { initiate } from '../oauth/flow.ts'
import { limitRate } from '../limits/rate.ts'
import { Problem } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { awaitImport, readWait } from './await-import.ts'
import { answerImport, importUrl } from './integration-import.ts'
import { listFiles } from './integration-files.ts'
import type {
  claimableSchema,
  connectedSchema,
  connectUrlSchema,
  disconnectedSchema,
  integrationFilesSchema,
  integrationsSchema,
} from './integrations-answers.ts'
import { platforms, readPlatform, type Platform } from './platforms.ts'
import { claimUrl, wantsPage } from './returning.ts'

// Not strict: front ends of that time may send more than is read.
const filesQuery = z.object({
  folder_id: folderId.default('root'),
  cursor: z.string().max(16_000).optional(),
})
const importBody = z.object({
  fileIds: z.array(folderId).min(1).max(1000),
  category: z.string().trim().max(100).nullish(),
})

export const integrationRoutes = new Hono<AppEnv>()

integrationRoutes.get('/', requireUser, async (c) => {
  const { services, caller } = c.var
  const integrations = await Promise.all(
    platforms().map(async ({ name, provider }) => {
      const found = await findByProvider(services.db, caller.userId, provider.id)
      return {
        platform: name,
        connected: found !== undefined && found.status !== 'REQUIRES_REAUTH',
        accountEmail: found?.accountEmail ?? null,
        accountName: found?.accountName ?? null,
        connectedAt: found === undefined ? null : toTime(found.createdAt),
      }
    }),
  )
  return c.json({ integrations } satisfies Answer<typeof integrationsSchema>)
})

integrationRoutes.get(
  '/:platform/connect',
  requireUser,
  requireOwnPage,
  limitRate('initiate'),
  async (c) => {
    const { services, caller } = c.var
    const { name, provider } = readPlatform(c.req.param('platform'))
    const started = await initiate(services, {
      userId: caller.userId,
      providerId: provider.id,
      mode: 'popup',
      returnTo: '/settings',
      scopes: [],
      callbackPath: `/api/v1/integrations/${name}/callback`,
    })
    const answer =
      c.req.header('Accept') === 'application/json'
        ? c.json({
            authorizationUrl: started.authorizationUrl,
            attemptId: started.id,
            expiresAt: toTime(started.expiresAt),
          } satisfies Answer<typeof connectUrlSchema>)
        : c.redirect(started.authorizationUrl, 302)
    return bindBrowser(answer, started)
  },
)

integrationRoutes.get('/:platform/callback', async (c) => {
  const { name, provider } = readPlatform(c.req.param('platform'))
  const outcome = await receiveCallback(c, provider.id)
  if (wantsPage(c)) return sendBack(c, outcome)
  if (outcome.kind === 'failed') throw outcome.problem
  c.header('cache-control', 'no-store')
  const { attemptId } = outcome
  if (outcome.kind === 'claim') {
    const claimable: Answer<typeof claimableSchema> = {
      success: false,
      message: 'Confirm in the application that this account is yours.',
      integration: null,
      claim: { attemptId, code: outcome.code, completeUrl: claimUrl(c.var.services) },
    }
    return unbindBrowser(c.json(claimable, 202), attemptId)
  }
  const { accountEmail, createdAt } = outcome.connection
  const connected: Answer<typeof connectedSchema> = {
    success: true,
    message: `${provider.label} is connected.`,
    integration: { platform: name, accountEmail, connectedAt: toTime(createdAt) },
  }
  return unbindBrowser(c.json(connected), attemptId)
})

integrationRoutes.delete('/:platform', requireUser, async (c) => {
  const platform = readPlatform(c.req.param('platform'))
  await disconnect(c.var.services, await connectionOf(c, platform))
  return c.json({
    success: true,
    message: `${platform.provider.label} is disconnected.`,
  } satisfies Answer<typeof disconnectedSchema>)
})

integrationRoutes.get('/:platform/files', requireUser, validate('query', filesQuery), async (c) => {
  const { services } = c.var
  const live = await openSession(
    services,
    await connectionOf(c, readPlatform(c.req.param('platform'))),
  )
  const { folder_id: folder, cursor } = c.req.valid('query')
  c.header('cache-control', 'no-store')
  return c.json(
    (await listFiles(services, live, folder, cursor)) satisfies Answer<
      typeof integrationFilesSchema
    >,
  )
})

integrationRoutes.post(
  '/:platform/import',
  requireUser,
  limitRate('import'),
  validate('json', importBody, ORDER_LIMIT),
  async (c) => {
    const { services, caller } = c.var
    const platform = readPlatform(c.req.param('platform'))
    const { id: connectionId } = await connectionOf(c, platform)
    const { fileIds, category } = c.req.valid('json')
    const order = {
      connectionId,
      items: [...new Set(fileIds)],
      category: category || null,
      onDuplicate: 'skip',
      keepOriginal: false,
    } as const
    const ordered = await createImport(services, caller.userId, order, readKey(c))
    const row = await awaitImport(services, ordered, readWait(c.req.header('Prefer')))
    const { body, status } = await answerImport(services, row, platform.name)
    return c.json(body, status, { location: importUrl(services, row) })
  },
)

/** The one connection that stands for the platform: of several an ACTIVE one first, then the oldest. Throws `not_found`. */
async function connectionOf(c: AppContext, { provider }: Platform): Promise<Connection> {
  const { services, caller } = c.var
  const found = await findByProvider(services.db, caller.userId, provider.id)
  if (found === undefined) throw new Problem('not_found', `${provider.label} is not connected.`)
  return found
}
