// What is known of a client's uploads, and who watches it.
import type { SlipwayError } from '../error.ts'
import type { Kept, KeptUpload } from './kept.ts'

/** What happens where the name is taken: nothing is stored, both are kept, or the new one takes its place. */
export type Conflict = 'fail' | 'rename' | 'replace'

/** The network is gone; the server is still at work on an earlier request; the provider asked to wait. */
export type HoldReason = 'network' | 'busy' | 'asked'

/** One file on its way. Never changed: each change makes a new one. */
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
  /** The upload's path at the API, once there is one; it stays when the upload is done. */
  readonly address?: string | undefined
  /** Bytes that were there already when this page took it up. */
  readonly resumedAt?: number | undefined
  /** The server had forgotten what an earlier page had sent. */
  readonly isAnew?: boolean | undefined
  /** Whether the server is still asked how much of what was under way has arrived. */
  readonly isCounting?: boolean | undefined
  /** Something failed, and is being tried again. */
  readonly isRetrying?: boolean | undefined
  readonly hold?: { readonly reason: HoldReason; readonly until: number } | undefined
  readonly error?: SlipwayError | undefined
}

/** Everything there is to show. */
export interface UploadList {
  readonly tasks: readonly UploadTask[]
  /** What was left unfinished before: it goes on when its file is chosen again. */
  readonly unfinished: readonly KeptUpload[]
}

export interface UploadStore {
  readonly all: () => UploadList
  readonly find: (id: number) => UploadTask | undefined
  /** Calls back after every change from now on; returns how to stop. */
  readonly watch: (watcher: () => void) => () => void
  /** Tells every watcher. */
  readonly change: (news: Partial<UploadList>) => void
  /** Changes one task. */
  readonly edit: (id: number, news: Partial<UploadTask>) => void
}

export function createStore(): UploadStore {
  let all: UploadList = { tasks: [], unfinished: [] }
  const watchers = new Set<() => void>()
  const change = (news: Partial<UploadList>) => {
    all = { ...all, ...news }
    for (const watcher of watchers) watcher()
  }
  return {
    all: () => all,
    find: (id) => all.tasks.find((task) => task.id === id),
    watch: (watcher) => {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    change,
    edit: (id, news) =>
      change({ tasks: all.tasks.map((task) => (task.id === id ? { ...task, ...news } : task)) }),
  }
}
