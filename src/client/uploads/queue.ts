// The queue of files being sent: two at a time, each to its end, to a stop, or to what only the person can decide.
import { SlipwayError } from '../error.ts'
import type { Http } from '../http.ts'
import type { Item } from '../views.ts'
import { forgetAllUploads, keyOf, markOf, type KeptUpload } from './kept.ts'
import { createMemory } from './memory.ts'
import { askOffset, sendFile, terminateUpload } from './send-file.ts'
import { readItem } from './stored.ts'
import {
  createStore,
  type Conflict,
  type HoldReason,
  type UploadList,
  type UploadTask,
} from './store.ts'
import type { End } from './trouble.ts'

const AT_ONCE = 2

/** In any other state there is nothing to be stopped, or nothing that could go on. */
const PAUSABLE: ReadonlySet<UploadTask['state'] | undefined> = new Set([
  'waiting',
  'sending',
  'held',
])
const RESUMABLE: ReadonlySet<UploadTask['state'] | undefined> = new Set([
  'paused',
  'held',
  'failed',
])

/** Called when a file has arrived in a folder; `find` asks what it has become. */
export type Arrival = (connection: string, folder: string, find: () => Promise<Item>) => void

/** Every upload of a client: a page that shows them needs nothing else. */
export interface Uploads {
  readonly all: () => UploadList
  /** Calls back after every change from now on; returns how to stop. */
  readonly watch: (watcher: () => void) => () => void
  /** Calls back when a file has arrived in a folder; returns how to stop. */
  readonly watchArrivals: (arrival: Arrival) => () => void
  /**
   * Remembers this user's uploads in this browser from now on, and finds what was left unfinished: it is in `all().unfinished`, and goes
   * on when its file is added again. Another user than before sees nothing of it.
   */
  readonly open: (userId: string) => Promise<void>
  /**
   * Puts files into the queue; returns their tasks' ids. What was begun before goes on where it was.
   * @param conflict `fail` where it is left out: what has a name already is never replaced by itself
   */
  readonly add: (
    files: readonly File[],
    connection: string,
    folder: string,
    conflict?: Conflict,
  ) => number[]
  /** Goes on with an unfinished one. Returns whether it is the same file. */
  readonly takeUp: (unfinished: KeptUpload, file: File) => boolean
  /** Gives up an unfinished one: the server drops what it has. */
  readonly discard: (unfinished: KeptUpload) => void
  /** Stops one; it keeps its place. */
  readonly pause: (id: number) => void
  /** Goes on from where the server is: with one that was paused, that waits, or that failed. */
  readonly resume: (id: number) => void
  /** Sends one anew that could not have its name. */
  readonly repeat: (id: number, conflict: Conflict) => void
  /** Stops one and takes it out of the list; what the server has of it is dropped. */
  readonly cancel: (id: number) => void
  /** The connection works again: goes on with what it had failed. */
  readonly resumeConnection: (connection: string) => void
  /** Forgets what this browser remembers of anybody's, as at the end of a session. */
  readonly forgetAll: () => void
}

export function createUploads(http: Http): Uploads {
  const store = createStore()
  const { all, find, edit, change } = store
  const arrivals = new Set<Arrival>()
  /** How to stop those that are being sent. */
  const running = new Map<number, () => void>()
  /** Those of which the server has not said yet how much an earlier page had sent. */
  const takenUp = new Set<number>()
  const memory = createMemory(http, store, () => {
    for (const { id } of all().tasks) stop(id)
  })
  let lastId = 0

  function add(
    files: readonly File[],
    connection: string,
    folder: string,
    conflict: Conflict = 'fail',
  ): number[] {
    if (lastId === 0) watchNetwork()
    const ids = files.map((file) => addOne(file, connection, folder, conflict))
    startNext()
    return ids
  }

  function addOne(file: File, connection: string, folder: string, conflict: Conflict): number {
    const key = keyOf(markOf(file, connection, folder))
    const task = all().tasks.find((one) => one.state !== 'done' && keyOfTask(one) === key)
    if (task !== undefined) {
      edit(task.id, { file })
      if (task.conflict !== conflict && task.state === 'failed') repeat(task.id, conflict)
      else if (task.state !== 'sending') resume(task.id)
      return task.id
    }
    const before = all().unfinished.find((one) => keyOf(one) === key)
    lastId += 1
    const fresh = { id: lastId, file, connection, folder, conflict, state: 'waiting' } as const
    const sent = before?.offset ?? 0
    if (before !== undefined) takenUp.add(lastId)
    change({
      tasks: [...all().tasks, { ...fresh, sent, kept: before, resumedAt: before?.offset }],
      unfinished: all().unfinished.filter((one) => one !== before),
    })
    return lastId
  }

  function takeUp(unfinished: KeptUpload, file: File): boolean {
    const { connection, folder } = unfinished
    if (keyOf(markOf(file, connection, folder)) !== keyOf(unfinished)) return false
    add([file], connection, folder)
    return true
  }

  function pause(id: number): void {
    if (!PAUSABLE.has(find(id)?.state)) return
    stop(id)
    edit(id, { state: 'paused', hold: undefined, isRetrying: undefined })
    void count(id)
    startNext()
  }

  /** Of what was on its way, only what has arrived counts. */
  async function count(id: number): Promise<void> {
    const kept = find(id)?.kept
    if (kept === undefined) return edit(id, { sent: 0 })
    edit(id, { isCounting: true })
    const offset = (await askOffset(http, kept.address)) ?? kept.offset
    const isStill = find(id)?.state === 'paused'
    edit(id, {
      isCounting: undefined,
      ...(isStill ? { sent: offset, kept: { ...kept, offset } } : {}),
    })
  }

  function resume(id: number): void {
    if (!RESUMABLE.has(find(id)?.state)) return
    edit(id, { state: 'waiting', error: undefined, hold: undefined })
    startNext()
  }

  function repeat(id: number, conflict: Conflict): void {
    letGo(id)
    edit(id, { conflict, sent: 0, kept: undefined, resumedAt: undefined })
    resume(id)
  }

  function cancel(id: number): void {
    stop(id)
    letGo(id)
    change({ tasks: all().tasks.filter((task) => task.id !== id) })
    startNext()
  }

  function stop(id: number): void {
    running.get(id)?.()
    running.delete(id)
  }

  /** Drops what the server has of one that is not done, here and there. */
  function letGo(id: number): void {
    const task = find(id)
    if (task === undefined) return
    if (task.kept !== undefined && task.state !== 'done') terminateUpload(http, task.kept.address)
    memory.forget(task)
  }

  function startNext(): void {
    const next = all().tasks.find(({ state }) => state === 'waiting')
    if (next === undefined || running.size >= AT_ONCE) return
    start(next)
    startNext()
  }

  function start(task: UploadTask): void {
    const { id, kept } = task
    edit(id, { state: 'sending' })
    if (kept !== undefined) memory.claim(id, kept)
    const stopSending = sendFile(
      http,
      { ...task, address: kept?.address },
      {
        onProgress: (sent) => edit(id, { sent, isRetrying: undefined }),
        onRetry: () => edit(id, { isRetrying: true }),
        onKept: (news) => {
          const now = find(id)
          // A creation that was stopped, and that nobody waited for.
          const isStale = running.get(id) !== stopSending && (now?.kept ?? now?.state === 'sending')
          if (now === undefined || isStale) return terminateUpload(http, news.address)
          const resumedAt = takenUp.delete(id) ? { resumedAt: news.offset } : {}
          edit(id, { kept: news, address: news.address, ...resumedAt })
          memory.keep(task, news)
        },
        onEnd: (end) => {
          running.delete(id)
          settle(id, end)
          startNext()
        },
      },
    )
    running.set(id, stopSending)
  }

  function settle(id: number, end: End): void {
    const task = find(id)
    if (task === undefined) return
    switch (end.kind) {
      case 'done':
        memory.forget(task)
        edit(id, { state: 'done', kept: undefined })
        for (const arrival of arrivals)
          arrival(task.connection, task.folder, () => readItem(http, task.address))
        return
      case 'failed':
        return edit(id, { state: 'failed', error: end.error, isRetrying: undefined })
      case 'held':
        return hold(id, end.reason, end.delay)
      case 'gone':
        return beginAnew(task)
    }
  }

  /** Once by itself: what ends a second time would end a third. */
  function beginAnew(task: UploadTask): void {
    memory.forget(task)
    takenUp.delete(task.id)
    const fresh = { sent: 0, kept: undefined, resumedAt: undefined, isAnew: true }
    const error = task.isAnew
      ? new SlipwayError(404, 'not_found', 'The upload was ended.')
      : undefined
    edit(task.id, { ...fresh, error, state: error === undefined ? 'waiting' : 'failed' })
  }

  /** @param delay milliseconds; without a network, the network's return is what it waits for. */
  function hold(id: number, reason: HoldReason, delay: number): void {
    const holding = { reason, until: Date.now() + delay }
    edit(id, { state: 'held', hold: holding, isRetrying: undefined })
    if (reason === 'network' && !navigator.onLine) return
    setTimeout(() => {
      if (find(id)?.hold === holding) resume(id)
    }, delay)
  }

  function watchNetwork(): void {
    window.addEventListener('online', () => {
      for (const { id, hold: holding } of all().tasks) {
        if (holding?.reason === 'network') resume(id)
      }
    })
    // A request does not always notice by itself that nobody is there any more.
    window.addEventListener('offline', () => {
      for (const id of [...running.keys()]) {
        stop(id)
        hold(id, 'network', 0)
      }
    })
  }

  return {
    all,
    watch: store.watch,
    watchArrivals: (arrival) => {
      arrivals.add(arrival)
      return () => void arrivals.delete(arrival)
    },
    open: memory.open,
    add,
    takeUp,
    discard: memory.discard,
    pause,
    resume,
    repeat,
    cancel,
    resumeConnection: (connection) => {
      for (const { id, error, ...task } of all().tasks) {
        if (task.connection === connection && error?.code === 'reauth_required') resume(id)
      }
    },
    forgetAll: forgetAllUploads,
  }
}

const keyOfTask = (task: UploadTask) => keyOf(markOf(task.file, task.connection, task.folder))
