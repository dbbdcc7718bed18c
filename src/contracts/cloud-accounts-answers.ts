// The schemas of what the earlier contract `/api/cloud-accounts` answers, where it is not a connection as it is.
import { z } from 'zod'
import { choice, link, nextCursor, text } from '../answer.ts'
import { connectionSchema } from '../connections/answers.ts'

export const accountListSchema = z
  .object({ accounts: z.array(connectionSchema), next_cursor: nextCursor })
  .meta({ id: 'CloudAccountList', description: 'A page of accounts, the oldest first.' })

const { provider, status, last_error_code, last_used_at, throttled_until, warning, quota } =
  connectionSchema.shape

export const accountStatusSchema = z
  .object({
    account_id: text('Of the account, which is a connection.', '3f9c1d7e5a2b4c6d'),
    provider,
    status,
    error: choice(
      ['INVALID_GRANT', 'INVALID_CLIENT', 'ACCESS_DENIED'],
      'This contract’s word for `last_error_code`, where it has one.',
    ).nullable(),
    last_error_code,
    last_used_at,
    throttled_until,
    warning,
    quota,
  })
  .meta({ id: 'CloudAccountStatus', description: 'How an account fares.' })

export const accountClaimSchema = z
  .object({
    status: choice(['awaiting_claim'], 'Nothing is connected yet.'),
    attempt_id: text('Of the attempt.', '9b2e4d6f8a1c3e5f'),
    code: text('Good once, for 10 minutes.', '9b2e4d6f8a1c3e5f.Y2xhaW0'),
    complete_url: link(
      'Takes `{"code"}` as a POST with a token of the user who started.',
      'https://slipway.example/api/cloud/oauth/complete',
    ),
  })
  .meta({
    id: 'CloudAccountClaim',
    description: 'A consent from a browser that is not known to be the one that started.',
  })
