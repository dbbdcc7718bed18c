// The schema of what `/healthz` answers.
import { z } from 'zod'
import { choice, flag } from './answer.ts'

export const healthSchema = z
  .object({
    status: choice(['ok', 'failing'], 'Whether all of it answers.'),
    database: flag('D1 answers, and its migrations are applied.', true),
    state: flag('KV answers.', true),
    files: flag('R2 answers.', true),
  })
  .meta({ id: 'Health', description: 'Whether the service can work.' })
