// The queue of files being sent: it outlives the page that added to it, so that leaving a folder loses nothing.
import { connectionPath, readProblem, type ApiError } from './api.ts'

export type Conflict = 'fail' | 'rename' | 'replace'

export interface UploadTask {
  readonly id: number
  readonly file: File
  readonly connection: string
  readonly folder: string
  readonly conflict: Conflict
  /** Bytes. */
  readonly sent: number
  readonly state: 'waiting' | 'sending' | 'done' | 'failed'
  readonly error?: ApiError
}

type Arrival = (connection: string, folder: string) => void

const AT_ONCE = 2

let tasks: readonly UploadTask[] = []
let lastId = 0
const watchers = new Set<(all: readonly UploadTask[]) => void>()
const arrivals = new Set<Arrival>()
const cancels = new Map<number, () => void>()

export const allUploads = (): readonly UploadTask[] => tasks

/** Calls back with every change; returns how to stop. */
export function watchUploads(watcher: (all: readonly UploadTask[]) => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

/** Calls back when a file has arrived in a folder; returns how to stop. */
export function watchArrivals(arrival: Arrival): () => void {
  arrivals.add(arrival)
  return () => void arrivals.delete(arrival)
}

/** Puts files into the queue; what has a name already is asked about, never replaced by itself. */
export function addUploads(files: readonly File[], connection: string, folder: string): void {
  const added = files.map((file) => {
    lastId += 1
    const fresh = { conflict: 'fail', sent: 0, state: 'waiting' } as const
    return { id: lastId, file, connection, folder, ...fresh }
  })
  setTasks([...tasks, ...added])
  startNext()
}

/** Sends a failed one again, at the end of those that wait. */
export function repeatUpload(id: number, conflict: Conflict): void {
  setTasks(
    tasks.map((task) => {
      if (task.id !== id) return task
      const { error, ...rest } = task
      return { ...rest, conflict, sent: 0, state: 'waiting' }
    }),
  )
  startNext()
}

/** Stops one that is sending, or takes one that waits out of the queue. */
export function cancelUpload(id: number): void {
  const cancel = cancels.get(id)
  if (cancel === undefined) hideUpload(id)
  else cancel()
}

export function hideUpload(id: number): void {
  setTasks(tasks.filter((task) => task.id !== id))
}

function setTasks(next: readonly UploadTask[]): void {
  tasks = next
  for (const watcher of watchers) watcher(tasks)
}

function edit(id: number, change: Partial<UploadTask>): void {
  setTasks(tasks.map((task) => (task.id === id ? { ...task, ...change } : task)))
}

function startNext(): void {
  const next = tasks.find(({ state }) => state === 'waiting')
  if (next === undefined || cancels.size >= AT_ONCE) return
  const { finished, cancel } = sendFile(next, (sent) => edit(next.id, { sent }))
  cancels.set(next.id, cancel)
  edit(next.id, { state: 'sending' })
  void finished.then((error) => {
    cancels.delete(next.id)
    edit(next.id, error === undefined ? { state: 'done' } : { state: 'failed', error })
    if (error === undefined) for (const arrival of arrivals) arrival(next.connection, next.folder)
    startNext()
  })
  startNext()
}

/** One streamed PUT by XMLHttpRequest, because fetch tells nothing of how far a body has gone. */
function sendFile(
  task: UploadTask,
  onProgress: (bytes: number) => void,
): { readonly finished: Promise<ApiError | undefined>; readonly cancel: () => void } {
  const request = new XMLHttpRequest()
  const query = new URLSearchParams({
    parent_id: task.folder,
    name: task.file.name,
    conflict: task.conflict,
  })
  request.open('PUT', `${connectionPath(task.connection)}/content?${query.toString()}`)
  request.setRequestHeader('content-type', task.file.type || 'application/octet-stream')
  request.upload.onprogress = (event) => onProgress(event.loaded)
  const finished = new Promise<ApiError | undefined>((resolve) => {
    request.onload = () => {
      if (request.status === 201) resolve(undefined)
      else resolve(readProblem(request.status, parse(request.responseText)))
    }
    const failed = (detail: string) => () => resolve(readProblem(0, { code: 'network', detail }))
    request.onerror = failed('The network failed while the file was sent.')
    request.onabort = failed('Cancelled.')
  })
  request.send(task.file)
  return { finished, cancel: () => request.abort() }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
