// Imports as the API shows them, and the calls that order, look at and steer them.
import { call } from '../api.ts'
import type { Reason } from '../../../imports/reasons.ts'

export type DuplicateRule = 'skip' | 'replace' | 'keep_both'

export interface ImportOrder {
  readonly connection_id: string
  readonly items: readonly { readonly id: string }[]
  readonly on_duplicate: DuplicateRule
  readonly keep_original: boolean
  readonly category?: string
}

/** A media type, with how many files of it there are. */
interface TypeCount {
  readonly type: string
  readonly files: number
  readonly bytes: number
}

/** What an import of a selection would bring. */
export interface Preview {
  readonly files: number
  readonly folders: number
  /** Of the sizes that are known. */
  readonly bytes: number
  readonly unknown_sizes: number
  /** Files without text to be had. */
  readonly unsupported: readonly TypeCount[]
  readonly too_large: number
  readonly duplicates: { readonly files: number }
  readonly existing_changed: number
  readonly failures: readonly {
    readonly item_id: string
    readonly path: string
    readonly reason: Reason
  }[]
  /** False where there is more than could be counted. */
  readonly is_complete: boolean
}

export const STATES = [
  'waiting',
  'downloading',
  'processing',
  'imported',
  'skipped',
  'failed',
] as const
export type FileState = (typeof STATES)[number]

export interface ImportView {
  readonly id: string
  readonly connection_id: string
  readonly provider: string
  readonly category: string | null
  readonly keep_original: boolean
  readonly status: 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'
  readonly pause_reason: 'throttled' | 'provider_unavailable' | 'reauth_required' | 'user' | null
  readonly resume_at: string | null
  /** A problem's code, where the import failed as a whole. */
  readonly error: string | null
  /** Whether all folders have been listed: until then there may be more files than are counted. */
  readonly planned: boolean
  readonly counts: Readonly<Record<FileState | 'total', number>>
  readonly folders: { readonly failed: number }
  readonly bytes: { readonly done: number; readonly total: number }
  readonly chunks: number
  readonly version: number
  readonly created_at: string
  readonly finished_at: string | null
}

export interface FailedFolder {
  readonly item_id: string
  readonly path: string
  readonly reason: Reason | null
}

export interface WholeImport extends ImportView {
  readonly failed_folders: readonly FailedFolder[]
}

export interface ImportFile {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly size: number | null
  readonly state: FileState
  readonly reason: Reason | null
  readonly bytes_done: number
  readonly document_id: string | null
  readonly web_url: string | null
}

export interface FilePage {
  readonly items: readonly ImportFile[]
  readonly next_cursor: string | null
}

export const isOver = ({ status }: ImportView): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed'

const IMPORTS = '/api/imports'

const importPath = (id: string) => `${IMPORTS}/${encodeURIComponent(id)}`

/** Where its server-sent events are. @param after the version from which on changes are told */
export const eventsPath = (id: string, after: number) => `${importPath(id)}/events?after=${after}`

/** Takes up to 20 seconds: the drive is gone through. */
export const previewImport = (order: ImportOrder) =>
  call<Preview>(`${IMPORTS}/preview`, 'POST', order)

export const orderImport = async (order: ImportOrder) =>
  (await call<{ import: ImportView }>(IMPORTS, 'POST', order)).import

export const getImport = (id: string) => call<WholeImport>(importPath(id))

export const listImports = (cursor: string | null) =>
  call<{ readonly imports: readonly ImportView[]; readonly next_cursor: string | null }>(
    `${IMPORTS}?${query({ limit: '20', cursor })}`,
  )

/** A page of its files, in the order in which they were found. */
export const listFiles = (id: string, state: FileState | null, cursor: string | null) =>
  call<FilePage>(`${importPath(id)}/items?${query({ state, cursor })}`)

export const steerImport = (id: string, what: 'cancel' | 'pause' | 'resume' | 'retry') =>
  call<ImportView>(`${importPath(id)}/${what}`, 'POST')

function query(values: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(values).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  return new URLSearchParams(given).toString()
}
