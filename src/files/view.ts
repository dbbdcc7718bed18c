// How an item is shown: the API's names for what the provider contract calls an entry.
import type { Answer } from '../answer.ts'
import type { Entry } from '../providers/contract.ts'
import type { Receipt } from '../transfer/receipt.ts'
import type { itemSchema } from './answers.ts'

export type Item = Answer<typeof itemSchema>

/** Absent fields stay away altogether: a listing of 1,000 items is mostly this. */
export function viewItem(entry: Entry, verification?: Receipt): Item {
  const webUrl = webLink(entry.webUrl)
  return {
    id: entry.id,
    name: entry.name,
    is_folder: entry.isFolder,
    size: entry.size,
    mime_type: entry.mimeType,
    modified_at: entry.modifiedAt,
    etag: entry.etag,
    ...(entry.hash && { hash: entry.hash }),
    ...(webUrl !== undefined && { web_url: webUrl }),
    ...(entry.exportableAs && { exportable_as: entry.exportableAs }),
    ...(entry.parentId !== undefined && { parent_id: entry.parentId }),
    ...(entry.isFixed && { is_fixed: true }),
    ...(verification && { verification }),
  }
}

/** A vendor's link as it may stand in an `href`: on the web, or not at all. */
export const webLink = (url: string | null | undefined): string | undefined =>
  typeof url === 'string' && /^https?:\/\//i.test(url) ? url : undefined
