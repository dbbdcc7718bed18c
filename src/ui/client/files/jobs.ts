// What is being done to items, one request each: what is left, what failed and why. It goes on whatever folder is looked at.
import { toError, type ApiError, type Item } from '../api.ts'
import type { FolderView } from './folder-view.ts'

export interface Failed {
  readonly item: Item
  readonly error: ApiError
}

export interface Job {
  readonly id: number
  readonly connection: string
  /** Where it is shown. */
  readonly view: FolderView
  readonly task: Task
  readonly done: number
  readonly failed: readonly Failed[]
  /** Not tried any more: the person said stop, or the drive itself does not answer. */
  readonly left: readonly Item[]
  readonly state: 'running' | 'over'
}

export interface Task {
  /** As in "Delete" and "Deleting". */
  readonly verb: 'Delete' | 'Move' | 'Rename'
  /** As in "to “Letters”"; empty where there is nothing to add. */
  readonly where: string
  readonly items: readonly Item[]
  /** What is shown of an item until the provider has agreed. */
  readonly assume: Partial<Item> | 'gone'
  /** Asks the API. Returns what is in the item's place now, or nothing if it is there no more. */
  readonly act: (item: Item) => Promise<Item | undefined>
  /** Called with each item that is done. */
  readonly onDone?: ((item: Item, now: Item | undefined) => void) | undefined
  /** Opens the question again, for one whose answer can be mended. */
  readonly onAsk?: ((failed: Failed) => void) | undefined
}

/** Providers slow down those who ask for more at a time. */
const AT_ONCE = 2
/** What the next item would meet as well. */
const OF_THE_DRIVE = new Set([
  'rate_limited',
  'reauth_required',
  'unauthorized',
  'network',
  'insufficient_scope',
])

let jobs: readonly Job[] = []
let lastId = 0
const watchers = new Set<() => void>()

export const allJobs = (): readonly Job[] => jobs

/** Calls back after every change; returns how to stop. */
export function watchJobs(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

function change(news: readonly Job[]): void {
  jobs = news
  for (const watcher of watchers) watcher()
}

const edit = (id: number, news: (job: Job) => Partial<Job>) =>
  change(jobs.map((job) => (job.id === id ? { ...job, ...news(job) } : job)))

const find = (id: number) => jobs.find((job) => job.id === id)

/** What is under way with an item: whatever is asked next of it waits, since its id may be another one then. */
const underWay = new Map<string, Promise<Item | undefined>>()

/** What items have become that have another id since, by the one that they had. */
const changed = new Map<string, Item>()

async function settled(item: Item): Promise<Item> {
  const now = await underWay.get(item.id)?.catch(() => undefined)
  if (now !== undefined) return now
  const later = changed.get(item.id)
  // A question about it may have been open all the while. By another name it is another item, which has the free id now.
  return later?.name === item.name ? later : item
}

function remember(id: string, acting: Promise<Item | undefined>): void {
  underWay.set(id, acting)
  const forget = () => {
    if (underWay.get(id) === acting) underWay.delete(id)
  }
  acting.then(forget, forget)
}

/** Whether there is something left to be decided. */
export const isTroubled = ({ failed, left }: Job) => failed.length > 0 || left.length > 0

/** Begins. The list shows at once what is to come; what is refused is shown again as it was. */
export function startJob(connection: string, view: FolderView, task: Task): void {
  lastId += 1
  const id = lastId
  const queue = [...task.items]
  for (const item of queue) view.assume(item.id, task.assume)
  const fresh = { done: 0, failed: [], left: queue, state: 'running' } as const
  // Those that simply succeeded have been told of.
  const others = jobs.filter((job) => job.state === 'running' || isTroubled(job))
  change([...others, { id, connection, view, task, ...fresh }])

  const runOne = async (asked: Item) => {
    const item = await settled(asked)
    if (item.id !== asked.id) view.assume(item.id, task.assume)
    const acting = task.act(item)
    remember(item.id, acting)
    try {
      const now = await acting
      if (now !== undefined && now.id !== item.id) changed.set(item.id, now)
      view.settle(item.id, now)
      edit(id, ({ done }) => ({ done: done + 1 }))
      task.onDone?.(item, now)
    } catch (cause) {
      const error = toError(cause)
      view.revert(item.id)
      edit(id, ({ failed }) => ({ failed: [...failed, { item, error }] }))
      if (OF_THE_DRIVE.has(error.code)) stopJob(id)
    }
  }
  const work = async () => {
    for (;;) {
      if (find(id)?.state !== 'running') return
      const item = queue.shift()
      edit(id, () => ({ left: [...queue] }))
      if (item === undefined) return
      await runOne(item)
    }
  }
  void Promise.all(Array.from({ length: AT_ONCE }, work)).then(() => {
    for (const item of queue) view.revert(item.id)
    edit(id, () => ({ state: 'over' }))
  })
}

/** Begins nothing more; what is under way comes to its end. */
export function stopJob(id: number): void {
  edit(id, () => ({ state: 'over' }))
}

/** Tries again what failed and what was left. */
export function retryJob(job: Job): void {
  const items = [...job.failed.map(({ item }) => item), ...job.left]
  hideJob(job.id)
  startJob(job.connection, job.view, { ...job.task, items })
}

export function hideJob(id: number): void {
  change(jobs.filter((job) => job.id !== id))
}
