// The API for the console's own pages: one client for all of them, on their own origin, with the session cookie.
import { createSlipway } from '../../client/slipway.ts'
import type { Folder, Listing, Provider } from '../../client/views.ts'

export { SlipwayError as ApiError, toError } from '../../client/error.ts'
export { connectionPath, contentPath, itemPath } from '../../client/paths.ts'
export type {
  Connection,
  Document as DocumentView,
  FieldError,
  Folder,
  Health,
  Import,
  ImportDetails,
  ImportFile,
  ImportFileState,
  ImportPreview,
  ImportReason,
  Item,
  Limitation,
  Listing,
  Provider,
  Quota,
  SearchResult,
  User,
} from '../../client/views.ts'

export const slipway = createSlipway()

/** A field of a form: those that a provider names, and those of dialogs. */
export type FormField = Omit<Provider['form_fields'][number], 'name'> & { readonly name: string }
export type Crumb = Folder['path'][number]

/** Sends JSON and returns JSON. Throws ApiError for every refusal, and for a network that fails. */
export function call<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  return slipway.call<T>(path, { method, body })
}

/** Every page of a list. */
export async function listAll<T>(path: string, name: string): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`
    const page: Record<string, unknown> = await call(path + query)
    all.push(...((page[name] as T[] | undefined) ?? []))
    cursor = (page['next_cursor'] as string | null | undefined) ?? null
  } while (cursor !== null)
  return all
}

export function listItems(
  connection: string,
  folder: string,
  cursor: string | null,
  fresh: boolean,
): Promise<Listing> {
  return slipway.list(connection, folder, { fresh }).page(cursor)
}
