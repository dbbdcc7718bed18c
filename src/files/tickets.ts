// Tickets: for a minute, a URL gives the content of one item to whoever holds it, as `<a>` and `<img>` cannot send a Bearer token.
import { Hono } from 'hono'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openConnection } from '../connections/session.ts'
import { toTime } from '../connections/view.ts'
import { invalidField, Problem } from '../problems/problem.ts'
import { readOptionalJson } from '../problems/validate.ts'
import type { ticketSchema } from './answers.ts'
import { sendContent, type ContentOptions } from './content.ts'
import { contentQuery } from './fields.ts'

/** Milliseconds that a ticket is good for, any number of times. */
const LIFE_MS = 60_000
/** Characters of an item's id: the ticket carries it, and has to fit into a URL. */
const MAX_ID = 8192

interface Ticket extends ContentOptions {
  readonly user: string
  readonly connection: string
  readonly item: string
}

export const ticketRoutes = new Hono<AppEnv>()

/** The connection must be the caller's and alive; the item is looked for only when the ticket is used. */
ticketRoutes.post('/connections/:id/items/:item/ticket', requireUser, async (c) => {
  const { services, caller } = c.var
  const { id: connection, item } = c.req.param()
  if (item.length > MAX_ID) throw invalidField('item', 'is longer than a ticket can carry')
  const options = await readOptionalJson(c.req, contentQuery)
  await openConnection(services, caller.userId, connection)
  const ticket: Ticket = { user: caller.userId, connection, item, ...options }
  const expiresAt = services.now() + LIFE_MS
  const token = await services.signer.sign('ticket', ticket, expiresAt)
  return c.json(
    {
      url: `${services.settings.publicUrl}/api/cloud/tickets/${token}`,
      expires_at: toTime(expiresAt),
    } satisfies Answer<typeof ticketSchema>,
    { headers: { 'cache-control': 'no-store' } },
  )
})

/** The connection is opened anew: a ticket ends with it. */
ticketRoutes.get('/tickets/:token', async (c) => {
  const { signer, now } = c.var.services
  const ticket = await signer.verify<Ticket>('ticket', c.req.param('token'), now())
  if (ticket === undefined) throw new Problem('forbidden', 'The ticket is not valid, or has ended.')
  const { user, connection, item, format, disposition } = ticket
  await c.var.services.checkAccount(user)
  const live = await openConnection(c.var.services, user, connection)
  return sendContent(c, live, item, { format, disposition })
})
