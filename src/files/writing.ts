// What follows every write to a connection: cached listings of it are read no more.
import type { Services } from '../app-context.ts'
import type { LiveConnection } from '../connections/session.ts'
import { raiseListingVersion } from '../connections/status.ts'
import { outlive } from '../outlive.ts'

/**
 * A write makes older listings unreadable when it is over, however it ended: a failure may have changed something all the same.
 */
export async function writing<T>(
  services: Services,
  live: LiveConnection,
  write: () => Promise<T>,
): Promise<T> {
  const work = write().finally(async () => {
    if (live.connection !== undefined) await raiseListingVersion(services.db, live.connection.id)
  })
  // A caller that leaves ends the request, not what has to follow the write.
  return outlive(services, work)
}
