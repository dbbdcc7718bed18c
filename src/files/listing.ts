// A page of a folder, for every route that lists: with the way to it, its cursor sealed, and kept for seconds.
import type { Services } from '../app-context.ts'
import { openCursor, sealCursor } from '../connections/cursor.ts'
import type { LiveConnection } from '../connections/session.ts'
import type { Location, Page } from '../providers/contract.ts'
import { cachedListing } from './listing-cache.ts'
import { viewItem } from './view.ts'

export interface ListRequest {
  readonly folderId: string
  readonly cursor?: string | undefined
  readonly limit: number
  readonly fresh: '0' | '1'
}

interface ListCursor {
  readonly vendor: string
  /** The way to the folder, found with the first page; left out where it would make the cursor long. */
  readonly folder?: Location
}

/** Characters of a way that a cursor carries: it stands in a URL. */
const MAX_CARRIED = 2000

/** A page of a folder as JSON, from the cache or the provider; `hit` says which. */
export async function listFolder(
  services: Services,
  live: LiveConnection,
  request: ListRequest,
): Promise<{ readonly body: string; readonly hit: boolean }> {
  const { folderId, cursor, limit } = request
  const { userId, connectionId } = live.session
  const scope = ['items', connectionId, folderId]
  const opened =
    cursor === undefined ? undefined : await openCursor<ListCursor>(services, userId, scope, cursor)
  const query = [folderId, cursor ?? '', String(limit)]
  return cachedListing(services, live, query, request.fresh === '1', async () => {
    const options = { folderId, cursor: opened?.vendor ?? null, limit }
    const [page, folder] = await Promise.all([
      live.provider.list(live.session, options),
      opened?.folder ?? live.provider.locate(live.session, folderId),
    ])
    return JSON.stringify({
      items: page.entries.map((entry) => viewItem(entry)),
      next_cursor: await sealNext(services, userId, scope, page, (vendor) => ({
        vendor,
        ...(JSON.stringify(folder).length <= MAX_CARRIED ? { folder } : {}),
      })),
      folder,
    })
  })
}

/** The cursor of the page behind, sealed for its reader and listing. */
export async function sealNext(
  services: Services,
  userId: string,
  scope: readonly string[],
  { cursor }: Page,
  value: (vendor: string) => unknown,
): Promise<string | null> {
  return cursor === null ? null : sealCursor(services, userId, scope, value(cursor))
}
