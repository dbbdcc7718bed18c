// The schema of what `/healthz` answers.
import { z } from 'zod'
import { choice, flag } from './answer.ts'

export const healthSchema = z
  .object({
    status: choice(['ok', 'failing'], 'Whether all of it answers.'),
    database: flag('D1 answers.', true),
    migrations: flag('Its migrations are applied, to the newest.', true),
    state: flag('KV answers.', true),
    files: flag('R2 answers.', true),
    queues: flag('Messages can be sent.', true),
  })
  .meta({ id: 'Health', description: 'Whether the service can work.' })
