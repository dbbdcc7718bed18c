// Refreshes a connection's token because its user says so.
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import { getProvider } from '../providers/registry.ts'
import { reauthProblem } from './refresh.ts'
import type { Connection } from './schema.ts'
import { getConnection } from './store.ts'
import { checkThrottle } from './throttle.ts'
import { renewAccessToken } from './tokens.ts'

/** The connection as it is afterwards. Throws `not_found`, and `not_supported` where there is no token to refresh. */
export async function renewConnection(
  services: Services,
  userId: string,
  id: string,
): Promise<Connection> {
  const connection = await getConnection(services.db, userId, id)
  if (connection.status === 'REQUIRES_REAUTH') throw reauthProblem()
  if (getProvider(connection.provider)?.auth.kind !== 'oauth2') {
    throw new Problem('not_supported', 'This connection holds no token that could be refreshed.')
  }
  checkThrottle(services, connection)
  await renewAccessToken(services, connection, connection.tokenVersion)
  return getConnection(services.db, userId, connection.id)
}
