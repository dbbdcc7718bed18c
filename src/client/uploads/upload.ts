// One file's upload as a promise, with a handle to pause, go on and give up.
import { cancelled, SlipwayError } from '../error.ts'
import type { Http } from '../http.ts'
import type { Item } from '../views.ts'
import type { Uploads } from './queue.ts'
import { readItem } from './stored.ts'
import type { Conflict, UploadTask } from './store.ts'

export interface UploadOptions {
  /** A connection's id, or that of a built-in drive such as `r2`. */
  readonly connection: string
  /** The folder's id; `root`, the top, where it is left out. */
  readonly folder?: string
  /** What happens where the name is taken; `fail` where it is left out. */
  readonly conflict?: Conflict
  /** Called after every change, until the upload is over. */
  readonly onProgress?: (task: UploadTask) => void
  /** Gives the upload up. */
  readonly signal?: AbortSignal
}

/** A file on its way. It goes on by itself after a lost network, and from where the server stands. */
export interface Upload {
  /** How it stands. */
  readonly task: () => UploadTask
  /**
   * Resolves with the item that the file has become; throws SlipwayError. What has failed stays where it is: `resume` tries again, and
   * `finished` is then to be asked anew.
   */
  readonly finished: () => Promise<Item>
  /** Stops; what has arrived stays at the server for a day. */
  readonly pause: () => void
  readonly resume: () => void
  /** Stops for good: the server drops what it has. */
  readonly abort: () => void
}

export function startUpload(
  http: Http,
  uploads: Uploads,
  file: File,
  options: UploadOptions,
): Upload {
  const { connection, folder = 'root', conflict, onProgress, signal } = options
  if (signal?.aborted) throw cancelled()
  const [id = 0] = uploads.add([file], connection, folder, conflict)
  const find = () => uploads.all().tasks.find((task) => task.id === id)
  let last = find()
  const abort = () => uploads.cancel(id)
  signal?.addEventListener('abort', abort, { once: true })
  const unwatch = uploads.watch(() => {
    const task = find()
    if (task === last) return
    last = task ?? last
    if (task !== undefined) onProgress?.(task)
    if (task === undefined || task.state === 'done') {
      unwatch()
      signal?.removeEventListener('abort', abort)
    }
  })

  const settled = () =>
    new Promise<UploadTask | undefined>((resolve) => {
      const look = () => {
        const task = find()
        const isOver = task === undefined || task.state === 'done' || task.state === 'failed'
        if (isOver) resolve(task)
        return isOver
      }
      if (look()) return
      const stop = uploads.watch(() => {
        if (look()) stop()
      })
    })

  let stored: Promise<Item> | undefined
  const finish = async (): Promise<Item> => {
    const task = await settled()
    if (task === undefined) throw cancelled()
    if (task.error !== undefined) throw task.error
    return (stored ??= readItem(http, task.address).then(
      (item) => {
        uploads.cancel(id)
        return item
      },
      (error: unknown) => {
        // The file has arrived: it can be asked for again.
        stored = undefined
        throw error
      },
    ))
  }

  return {
    task: () => {
      if (last === undefined) throw new SlipwayError(0, 'internal', 'The upload is not known.')
      return last
    },
    finished: () => stored ?? finish(),
    pause: () => uploads.pause(id),
    resume: () => uploads.resume(id),
    abort,
  }
}
