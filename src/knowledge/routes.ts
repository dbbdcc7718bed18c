// The routes of the knowledge base: search over all passages of the caller, and the text of one document.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import { category } from '../documents/fields.ts'
import { getDocument } from '../documents/store.ts'
import { invalidField } from '../problems/problem.ts'
import { validate } from '../problems/validate.ts'
import { getProvider } from '../providers/registry.ts'
import { parseQuery, MAX_PHRASES, type Query } from './query.ts'
import { searchPassages, type Found, type Place } from './search.ts'
import { sendText } from './text.ts'
import { viewResult, type ResultView } from './view.ts'

const id = z.string().min(1).max(100)
const searchQuery = z.strictObject({
  q: z.string().max(1000),
  match: z.enum(['all', 'any']).default('all'),
  limit: z.coerce.number().int().min(1).max(50).default(10),
  cursor: z.string().max(4000).optional(),
  category: category.optional(),
  document_id: id.optional(),
  connection_id: id.optional(),
  provider: z.string().max(64).optional(),
  /** Characters that are shown of a passage, about; none has more than 2,000. */
  passage_length: z.coerce.number().int().min(100).max(2000).default(300),
})

/** Mounted before the routes that take `search` for a document's id. */
export const knowledgeRoutes = new Hono<AppEnv>()

knowledgeRoutes.get('/search', requireUser, validate('query', searchQuery), async (c) => {
  const { services, caller } = c.var
  const { q, match, limit, cursor, passage_length: length, ...rest } = c.req.valid('query')
  const query = readQuery(q, match)
  const provider = readProvider(rest.provider)
  const { category, document_id: documentId, connection_id: connectionId } = rest
  const filter = { category, documentId, connectionId, provider }
  const scope = [
    'search',
    query.expression,
    ...[category, documentId, connectionId, provider].map((value) => value ?? ''),
  ]
  const after =
    cursor === undefined
      ? undefined
      : await openCursor<Place>(services, caller.userId, scope, cursor)
  // Those that turn out to repeat others are left out.
  const wanted = 2 * limit + 1
  const found = await searchPassages(services.db, caller.userId, query, {
    filter,
    after,
    limit: wanted,
  })
  const results: ResultView[] = []
  let last: Found | undefined
  for (const one of found) {
    if (results.length === limit) break
    last = one
    const result = viewResult(one, query, length)
    if (result !== undefined) results.push(result)
  }
  const isEnd = last === found.at(-1) && found.length < wanted
  const next_cursor =
    isEnd || last === undefined
      ? null
      : await sealCursor(services, caller.userId, scope, { rank: last.rank, id: last.id })
  return c.json({ results, next_cursor })
})

function readQuery(text: string, match: 'all' | 'any'): Query {
  const query = parseQuery(text, match)
  if (query === undefined) throw invalidField('query.q', 'has no word to look for')
  if (query === 'too_many') {
    throw invalidField('query.q', `has more than ${MAX_PHRASES} words and phrases`)
  }
  return query
}

function readProvider(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const provider = getProvider(name)
  if (provider === undefined) throw invalidField('query.provider', 'names no provider')
  return provider.id
}

knowledgeRoutes.get('/:id/text', requireUser, async (c) => {
  const { services, caller } = c.var
  const row = await getDocument(services.db, caller.userId, c.req.param('id'))
  return sendText(services.db, row)
})
