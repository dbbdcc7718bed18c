// How a connection is shown: a whitelist, so that nothing secret can slip into an answer.
import type { Quota } from '../providers/contract.ts'
import type { Connection } from './schema.ts'

export function viewConnection(connection: Connection, quota?: Quota) {
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
    quota: quota === undefined ? null : viewQuota(quota),
  }
}

export function viewQuota({ total, used }: Quota) {
  return { total: total ?? null, used: used ?? null }
}

/** RFC 3339 in UTC. */
export function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
