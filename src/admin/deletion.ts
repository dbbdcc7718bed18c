// Deletes a user at an operator's word.
import { Hono } from 'hono'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { checkSameOrigin } from '../auth/roles.ts'
import { Problem } from '../problems/problem.ts'
import type { deletionSchema } from '../users/answers.ts'
import { requestDeletion } from '../users/deletion.ts'

export const deletionRoutes = new Hono<AppEnv>()

deletionRoutes.delete('/:id', async (c) => {
  const { services, caller } = c.var
  checkSameOrigin(caller, c.req.header('Sec-Fetch-Site'))
  const isKnown = await requestDeletion(services, c.req.param('id'), caller.userId)
  if (!isKnown) throw new Problem('not_found', 'There is no such user.')
  return c.json({ status: 'deleting' } satisfies Answer<typeof deletionSchema>, 202)
})
