// When a grant ends by the vendor's rules, however well it works today; pure.
import { asOAuthProvider } from '../oauth/client.ts'
import { getProvider } from '../providers/registry.ts'
import type { Connection } from './schema.ts'

const DAY_MS = 24 * 3600_000
/** Milliseconds before the end from which the user is told. */
const NOTICE_MS = 14 * DAY_MS

export interface GrantWarning {
  readonly code: 'grant_limited' | 'grant_idle' | 'grant_ages'
  /** In words for the user. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

/** What the user should know before the grant ends; undefined while there is time. */
export function grantWarning(connection: Connection, now: number): GrantWarning | undefined {
  if (connection.status === 'REQUIRES_REAUTH') return undefined
  const first = grantEnds(connection).sort((a, b) => a.endsAt - b.endsAt)[0]
  return first !== undefined && first.endsAt - now < NOTICE_MS ? first : undefined
}

function grantEnds(connection: Connection): GrantWarning[] {
  const provider = getProvider(connection.provider)
  const auth = provider && asOAuthProvider(provider)?.auth
  const { grantExpiresAt, refreshedAt, grantedAt } = connection
  const ends: GrantWarning[] = []
  if (grantExpiresAt !== null) {
    const message =
      'The provider gave access for a limited time, as it does for applications in testing. Reconnect before it ends.'
    ends.push({ code: 'grant_limited', message, endsAt: grantExpiresAt })
  }
  if (auth?.idleDays !== undefined) {
    const message =
      'The provider ends access that is not used, and has not renewed this one for a long time. Check the connection.'
    ends.push({ code: 'grant_idle', message, endsAt: refreshedAt + auth.idleDays * DAY_MS })
  }
  if (auth?.absoluteDays !== undefined) {
    const message = 'The provider ends access after a year. Reconnect to start another one.'
    ends.push({ code: 'grant_ages', message, endsAt: grantedAt + auth.absoluteDays * DAY_MS })
  }
  return ends
}
