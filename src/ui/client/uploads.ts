// The queue of files being sent: it outlives the page that added to it, and what is unfinished outlives the tab.
import { ApiError, call } from './api.ts'
import {
  claimUpload,
  forgetUpload,
  keepUpload,
  keyOf,
  listClaimed,
  listKept,
  markOf,
  type KeptUpload,
} from './kept-uploads.ts'
import { askOffset, sendFile, terminateUpload, type Kept } from './send-file.ts'
import {
  allUploads,
  change,
  edit,
  findTask,
  type Conflict,
  type UploadTask,
} from './upload-store.ts'
import type { End, HoldReason } from './upload-trouble.ts'

type Arrival = (connection: string, folder: string) => void

const AT_ONCE = 2

let user: string | undefined
let lastId = 0
const arrivals = new Set<Arrival>()
/** How to stop those that are being sent. */
const running = new Map<number, () => void>()
const claims = new Map<number, () => void>()
/** Those of which the server has not said yet how much an earlier page had sent. */
const takenUp = new Set<number>()

/** Calls back when a file has arrived in a folder; returns how to stop. */
export function watchArrivals(arrival: Arrival): () => void {
  arrivals.add(arrival)
  return () => void arrivals.delete(arrival)
}

/** Milliseconds until what a tab seems to be sending is looked at again: a page that is reloaded may not be gone yet. */
const LOOKS_AGAIN = [500, 3000]

/** Finds what this user left unfinished. Another user than before sees nothing of what the one before was sending. */
export async function openUploads(userId: string, looks = 0): Promise<void> {
  if (user !== undefined && user !== userId) {
    for (const { id } of allUploads().tasks) stop(id)
    for (const release of claims.values()) release()
    claims.clear()
    change({ tasks: [], unfinished: [] })
  }
  user = userId
  const claimed = await listClaimed()
  const kept = listKept(userId)
  const left = kept.filter(({ address }) => !claimed.has(address))
  const again = LOOKS_AGAIN[looks]
  if (again !== undefined && left.length < kept.length) {
    setTimeout(() => {
      if (user === userId) void openUploads(userId, looks + 1)
    }, again)
  }
  const found = await Promise.all(left.map(look))
  if (user !== userId) return
  // Meanwhile one may have been taken up or discarded.
  const own = new Set(allUploads().tasks.map(({ kept }) => kept?.address))
  const still = new Set(listKept(userId).map(({ address }) => address))
  const isLeft = ({ address }: KeptUpload) => still.has(address) && !own.has(address)
  change({ unfinished: found.filter((one) => one !== undefined).filter(isLeft) })
}

/** How far the server is with it; undefined once it has ended. */
async function look(one: KeptUpload): Promise<KeptUpload | undefined> {
  try {
    const { status, offset } = await call<{ status: string; offset: number }>(one.address)
    if (status === 'open') return { ...one, offset }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) return one
  }
  forgetUpload(one.user, one)
  return undefined
}

/**
 * Puts files into the queue. What has a name already is asked about, never replaced by itself; what was begun before goes on where it
 * was.
 */
export function addUploads(files: readonly File[], connection: string, folder: string): void {
  for (const file of files) {
    const key = keyOf(markOf(file, connection, folder))
    const task = allUploads().tasks.find((one) => one.state !== 'done' && keyOfTask(one) === key)
    if (task !== undefined) {
      edit(task.id, { file })
      if (task.state !== 'sending') resumeUpload(task.id)
      continue
    }
    const before = allUploads().unfinished.find((one) => keyOf(one) === key)
    lastId += 1
    const fresh = {
      id: lastId,
      file,
      connection,
      folder,
      conflict: 'fail',
      state: 'waiting',
    } as const
    const sent = before?.offset ?? 0
    if (before !== undefined) takenUp.add(lastId)
    change({
      tasks: [...allUploads().tasks, { ...fresh, sent, kept: before, resumedAt: before?.offset }],
      unfinished: allUploads().unfinished.filter((one) => one !== before),
    })
  }
  startNext()
}

/** Goes on with an unfinished one. Returns whether it is the same file. */
export function takeUp(unfinished: KeptUpload, file: File): boolean {
  const { connection, folder } = unfinished
  if (keyOf(markOf(file, connection, folder)) !== keyOf(unfinished)) return false
  addUploads([file], connection, folder)
  return true
}

/** Gives up an unfinished one: the server drops what it has. */
export function discard(unfinished: KeptUpload): void {
  terminateUpload(unfinished.address)
  forgetUpload(unfinished.user, unfinished)
  change({ unfinished: allUploads().unfinished.filter((one) => one !== unfinished) })
}

/** Stops one; it keeps its place. */
export function pauseUpload(id: number): void {
  stop(id)
  edit(id, { state: 'paused', hold: undefined, isRetrying: undefined })
  void count(id)
  startNext()
}

/** Of what was on its way, only what has arrived counts. */
async function count(id: number): Promise<void> {
  const kept = findTask(id)?.kept
  if (kept === undefined) return edit(id, { sent: 0 })
  edit(id, { isCounting: true })
  const offset = (await askOffset(kept.address)) ?? kept.offset
  const isStill = findTask(id)?.state === 'paused'
  edit(id, {
    isCounting: undefined,
    ...(isStill ? { sent: offset, kept: { ...kept, offset } } : {}),
  })
}

/** Goes on from where the server is: with one that was paused, that waits, or that failed. */
export function resumeUpload(id: number): void {
  edit(id, { state: 'waiting', error: undefined, hold: undefined })
  startNext()
}

/** Sends one anew that could not have its name. */
export function repeatUpload(id: number, conflict: Conflict): void {
  letGo(id)
  edit(id, { conflict, sent: 0, kept: undefined, resumedAt: undefined })
  resumeUpload(id)
}

/** Stops one and takes it out of the list; what the server has of it is dropped. */
export function cancelUpload(id: number): void {
  stop(id)
  letGo(id)
  change({ tasks: allUploads().tasks.filter((task) => task.id !== id) })
  startNext()
}

/** The connection works again. */
export function resumeConnection(connection: string): void {
  for (const { id, error, ...task } of allUploads().tasks) {
    if (task.connection === connection && error?.code === 'reauth_required') resumeUpload(id)
  }
}

const keyOfTask = (task: UploadTask) => keyOf(markOf(task.file, task.connection, task.folder))

function stop(id: number): void {
  running.get(id)?.()
  running.delete(id)
}

/** Drops what the server has of one that is not done, here and there. */
function letGo(id: number): void {
  const task = findTask(id)
  if (task === undefined) return
  if (task.kept !== undefined && task.state !== 'done') terminateUpload(task.kept.address)
  forget(task)
}

function forget(task: UploadTask): void {
  claims.get(task.id)?.()
  claims.delete(task.id)
  if (user !== undefined) forgetUpload(user, markOf(task.file, task.connection, task.folder))
}

function startNext(): void {
  const next = allUploads().tasks.find(({ state }) => state === 'waiting')
  if (next === undefined || running.size >= AT_ONCE) return
  start(next)
  startNext()
}

function start(task: UploadTask): void {
  const { id, kept } = task
  edit(id, { state: 'sending' })
  if (kept !== undefined) claim(id, kept)
  const stopSending = sendFile(
    { ...task, address: kept?.address },
    {
      onProgress: (sent) => edit(id, { sent, isRetrying: undefined }),
      onRetry: () => edit(id, { isRetrying: true }),
      onKept: (news) => {
        const now = findTask(id)
        // A creation that was stopped, and that nobody waited for.
        const isStale = running.get(id) !== stopSending && (now?.kept ?? now?.state === 'sending')
        if (now === undefined || isStale) return terminateUpload(news.address)
        claim(id, news)
        edit(id, { kept: news, ...(takenUp.delete(id) ? { resumedAt: news.offset } : {}) })
        if (user === undefined || news.offset === task.file.size) return
        keepUpload({ ...markOf(task.file, task.connection, task.folder), user, ...news })
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

function claim(id: number, { address }: Kept): void {
  if (!claims.has(id)) claims.set(id, claimUpload(address))
}

function settle(id: number, end: End): void {
  const task = findTask(id)
  if (task === undefined) return
  switch (end.kind) {
    case 'done':
      forget(task)
      edit(id, { state: 'done', kept: undefined })
      for (const arrival of arrivals) arrival(task.connection, task.folder)
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
  forget(task)
  takenUp.delete(task.id)
  const fresh = { sent: 0, kept: undefined, resumedAt: undefined, isAnew: true }
  const error = task.isAnew ? new ApiError(404, 'not_found', 'The upload was ended.') : undefined
  edit(task.id, { ...fresh, error, state: error === undefined ? 'waiting' : 'failed' })
}

/** @param delay milliseconds; without a network, the network's return is what it waits for. */
function hold(id: number, reason: HoldReason, delay: number): void {
  const pause = { reason, until: Date.now() + delay }
  edit(id, { state: 'held', hold: pause, isRetrying: undefined })
  if (reason === 'network' && !navigator.onLine) return
  setTimeout(() => {
    if (findTask(id)?.hold === pause) resumeUpload(id)
  }, delay)
}

window.addEventListener('online', () => {
  for (const { id, hold: pause } of allUploads().tasks)
    if (pause?.reason === 'network') resumeUpload(id)
})
// A request does not always notice by itself that nobody is there any more.
window.addEventListener('offline', () => {
  for (const id of [...running.keys()]) {
    stop(id)
    hold(id, 'network', 0)
  }
})
// Another tab has begun, finished or discarded one.
window.addEventListener('storage', () => {
  if (user !== undefined) void openUploads(user)
})
