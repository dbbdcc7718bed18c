// The files of a drive: browse, search, read, and change.
import { withQuery, type Http } from './http.ts'
import { connectionPath, contentPath, itemPath } from './paths.ts'
import { pagesOf, type Pages } from './pages.ts'
import type { Item, ItemPage, Listing, Ticket } from './views.ts'

export interface ListOptions {
  /** Items on a page, from 1 to 1000; the API's default is 200. */
  readonly limit?: number
  /** Asks the drive anew instead of what the API saw a moment ago. */
  readonly fresh?: boolean
  readonly signal?: AbortSignal
}

export interface ContentOptions {
  /** One of the item's `exportable_as`; the first where it is left out. */
  readonly format?: string
  /** `inline` shows it in the browser, where it is of a type that can do no harm. Default: `attachment`. */
  readonly disposition?: 'attachment' | 'inline'
}

export interface DownloadOptions extends ContentOptions {
  /** Only these bytes: the first, and the last, both counted. */
  readonly range?: { readonly start: number; readonly end?: number }
  readonly signal?: AbortSignal
}

export interface Files {
  /** A folder's pages; `root`, the top, where no folder is named. */
  readonly list: (
    connection: string,
    folder?: string,
    options?: ListOptions,
  ) => Pages<Listing, Item>
  /** What the provider's own search finds; only where `capabilities.search` says so. */
  readonly search: (
    connection: string,
    query: string,
    options?: Omit<ListOptions, 'fresh'>,
  ) => Pages<ItemPage, Item>
  readonly getItem: (connection: string, item: string) => Promise<Item>
  /** Where an item's bytes are: for requests that carry the token, or the page's cookie. For a link use a ticket. */
  readonly contentUrl: (connection: string, item: string, options?: ContentOptions) => string
  /** An item's bytes, as a stream in the answer's `body`. */
  readonly download: (
    connection: string,
    item: string,
    options?: DownloadOptions,
  ) => Promise<Response>
  /** A URL of an item's bytes that needs no token for a minute: for `<a href>` and `<img src>`. */
  readonly ticket: (connection: string, item: string, options?: ContentOptions) => Promise<Ticket>
  readonly createFolder: (connection: string, name: string, parent?: string) => Promise<Item>
  /** Renames, moves, or both. */
  readonly update: (
    connection: string,
    item: string,
    change: { readonly name?: string; readonly parent_id?: string },
  ) => Promise<Item>
  /** Into the drive's bin, where it has one. */
  readonly remove: (connection: string, item: string) => Promise<void>
}

export function createFiles(http: Http): Files {
  return {
    list: (connection, folder = 'root', { limit, fresh, signal } = {}) =>
      pagesOf(
        (cursor) => {
          const query = { folder_id: folder, cursor, limit, fresh: fresh ? 1 : undefined }
          const path = withQuery(`${connectionPath(connection)}/items`, query)
          return http.call<Listing>(path, { signal })
        },
        ({ items }) => items,
      ),
    search: (connection, q, { limit, signal } = {}) =>
      pagesOf(
        (cursor) => {
          const path = withQuery(`${connectionPath(connection)}/search`, { q, cursor, limit })
          return http.call<ItemPage>(path, { signal })
        },
        ({ items }) => items,
      ),
    getItem: (connection, item) => http.call(itemPath(connection, item)),
    contentUrl: (connection, item, options = {}) =>
      http.url(withQuery(contentPath(connection, item), { ...options })),
    download: (connection, item, { range, signal, ...options } = {}) =>
      http.send(withQuery(contentPath(connection, item), options), {
        headers: {
          accept: '*/*',
          ...(range && { range: `bytes=${range.start}-${range.end ?? ''}` }),
        },
        signal,
      }),
    ticket: (connection, item, options = {}) =>
      http.call(`${itemPath(connection, item)}/ticket`, { method: 'POST', body: options }),
    createFolder: (connection, name, parent = 'root') =>
      http.call(`${connectionPath(connection)}/folders`, {
        method: 'POST',
        body: { parent_id: parent, name },
      }),
    update: (connection, item, change) =>
      http.call(itemPath(connection, item), { method: 'PATCH', body: change }),
    remove: (connection, item) => http.call(itemPath(connection, item), { method: 'DELETE' }),
  }
}
