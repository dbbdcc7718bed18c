// What a request to start connecting may say, checked in one place.
import { z } from 'zod'

export const initiateFields = z.strictObject({
  mode: z.enum(['redirect', 'popup']).default('redirect'),
  connection_id: z.string().min(1).max(64).optional(),
  return_to: z.string().max(2000).default('/settings'),
  login_hint: z.string().max(320).optional(),
  /** Separated by spaces (RFC 6749 section 3.3). */
  scopes: z
    .string()
    .max(4000)
    .regex(/^[\x21\x23-\x5B\x5D-\x7E ]*$/, 'must be scopes separated by spaces')
    .default('')
    .transform((value) => value.split(' ').filter((scope) => scope !== '')),
})
