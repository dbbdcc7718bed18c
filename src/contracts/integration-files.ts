// A folder as the earlier contract `/api/v1/integrations` lists it: all of it in one answer where that can be, and never cut silently.
import type { Answer } from '../answer.ts'
import type { Services } from '../app-context.ts'
import type { LiveConnection } from '../connections/session.ts'
import type { listingSchema } from '../files/answers.ts'
import { listFolder } from '../files/listing.ts'
import type { integrationFilesSchema } from './integrations-answers.ts'

type Files = Answer<typeof integrationFilesSchema>
type Listing = Answer<typeof listingSchema>

/** Files after which an answer ends: a page more may come to it. */
const ENOUGH = 5000
const PAGE = 1000
/** Pages and milliseconds of one answer: vendors give shorter pages than they are asked for, and the caller waits. */
const MAX_PAGES = 20
const MAX_MS = 15_000

/** @param cursor `nextCursor` of the answer before, for the rest of a folder that one answer does not carry */
export async function listFiles(
  services: Services,
  live: LiveConnection,
  folderId: string,
  cursor: string | undefined,
): Promise<Files> {
  const ends = services.now() + MAX_MS
  const files: Files['files'][number][] = []
  let next = cursor
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const request = { folderId, cursor: next, limit: PAGE, fresh: '0' } as const
    const { body } = await listFolder(services, live, request)
    const listing = JSON.parse(body) as Listing
    files.push(...listing.items.map((item) => viewFile(item, listing.folder.id)))
    next = listing.next_cursor ?? undefined
    if (next === undefined || files.length >= ENOUGH || services.now() > ends) break
  }
  return { files, nextCursor: next ?? null }
}

function viewFile(item: Listing['items'][number], folderId: string): Files['files'][number] {
  return {
    id: item.id,
    name: item.name,
    mimeType: item.mime_type,
    size: item.size,
    isFolder: item.is_folder,
    modifiedTime: item.modified_at,
    webViewLink: item.web_url ?? null,
    parentId: item.parent_id ?? folderId,
  }
}
