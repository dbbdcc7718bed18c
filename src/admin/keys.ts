// The rotation of keys, asked for by an operator: one batch, and what is left. The clock does the rest.
import { Hono } from 'hono'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import type { keyRotationSchema } from '../keys/answers.ts'
import { countRemaining } from '../keys/remaining.ts'
import { rotateBatch } from '../keys/rotate.ts'

export const keyRoutes = new Hono<AppEnv>()

keyRoutes.post('/rotate', async (c) => {
  const { services, caller } = c.var
  const { resealed } = await rotateBatch(services, caller.userId, true)
  const uses = await countRemaining(services)
  const sum = (name: 'remaining' | 'failed') => uses.reduce((total, use) => total + use[name], 0)
  return c.json({
    current_key: services.keyring.currentId,
    resealed,
    remaining: sum('remaining'),
    failed: sum('failed'),
    keys: uses.map(({ id, isConfigured, remaining, failed }) => ({
      id,
      configured: isConfigured,
      remaining,
      failed,
    })),
  } satisfies Answer<typeof keyRotationSchema>)
})
