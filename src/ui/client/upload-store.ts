// What is known of the uploads of this page, and who watches it.
import type { ApiError } from './api.ts'
import type { KeptUpload } from './kept-uploads.ts'
import type { HoldReason } from './upload-trouble.ts'
import type { Kept } from './send-file.ts'

export type Conflict = 'fail' | 'rename' | 'replace'

export interface UploadTask {
  readonly id: number
  readonly file: File
  readonly connection: string
  readonly folder: string
  readonly conflict: Conflict
  /** Bytes that are at the server, or on their way. */
  readonly sent: number
  /** `held`: goes on by itself. */
  readonly state: 'waiting' | 'sending' | 'paused' | 'held' | 'done' | 'failed'
  readonly kept?: Kept | undefined
  /** Bytes that were there already when this page took it up. */
  readonly resumedAt?: number | undefined
  /** The server had forgotten what an earlier page had sent. */
  readonly isAnew?: boolean | undefined
  /** Whether the server is still asked how much of what was under way has arrived. */
  readonly isCounting?: boolean | undefined
  /** Something failed, and is being tried again. */
  readonly isRetrying?: boolean | undefined
  readonly hold?: { readonly reason: HoldReason; readonly until: number } | undefined
  readonly error?: ApiError | undefined
}

/** Everything there is to show. */
export interface Uploads {
  readonly tasks: readonly UploadTask[]
  /** What was left unfinished before: it goes on when its file is chosen again. */
  readonly unfinished: readonly KeptUpload[]
}

let all: Uploads = { tasks: [], unfinished: [] }
const watchers = new Set<() => void>()

export const allUploads = (): Uploads => all

/** Calls back after every change from now on; returns how to stop. */
export function watchUploads(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

/** Tells every watcher. */
export function change(news: Partial<Uploads>): void {
  all = { ...all, ...news }
  for (const watcher of watchers) watcher()
}

/** Changes one task. */
export function edit(id: number, news: Partial<UploadTask>): void {
  change({ tasks: all.tasks.map((task) => (task.id === id ? { ...task, ...news } : task)) })
}

export const findTask = (id: number): UploadTask | undefined =>
  all.tasks.find((task) => task.id === id)
