// How a connection is shown: a whitelist, so that nothing secret can slip into an answer.
import type { Answer } from '../answer.ts'
import type { Quota } from '../providers/contract.ts'
import type { connectionSchema, quotaSchema } from './answers.ts'
import { grantWarning } from './grant-life.ts'
import type { Connection } from './schema.ts'

export type ConnectionView = Answer<typeof connectionSchema>

export function viewConnection(connection: Connection, now: number): ConnectionView {
  const { throttledUntil, quota } = connection
  const warning = grantWarning(connection, now)
  return {
    id: connection.id,
    provider: connection.provider,
    label: connection.label,
    account_email: connection.accountEmail,
    account_name: connection.accountName,
    status: connection.status,
    scopes: connection.scopes,
    server_url: connection.serverUrl,
    created_at: toTime(connection.createdAt),
    updated_at: toTime(connection.updatedAt),
    last_used_at: connection.lastUsedAt === null ? null : toTime(connection.lastUsedAt),
    last_error_code: connection.lastErrorCode,
    throttled_until: (throttledUntil ?? 0) > now ? toTime(throttledUntil ?? 0) : null,
    warning:
      warning === undefined
        ? null
        : { code: warning.code, message: warning.message, ends_at: toTime(warning.endsAt) },
    quota: quota === null ? null : viewQuota(quota),
  }
}

export function viewQuota({ total, used }: Quota): Answer<typeof quotaSchema> {
  return { total: total ?? null, used: used ?? null }
}

/** RFC 3339 in UTC. */
export function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
