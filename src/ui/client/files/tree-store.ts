// What is known of the folders that are being uploaded, and who watches it.
import type { ApiError } from '../api.ts'
import type { TreeFile } from './read-tree.ts'

export interface TreeUpload {
  readonly id: number
  readonly connection: string
  readonly folder: string
  /** What was chosen or dropped, in words. */
  readonly title: string
  /** `held`: something is wrong with the drive, and the person decides when it goes on. */
  readonly phase: 'reading' | 'folders' | 'files' | 'paused' | 'held' | 'over'
  readonly foldersTotal: number
  readonly foldersDone: number
  readonly filesTotal: number
  readonly filesDone: number
  /** Files that are there already, with the same name and size. */
  readonly filesThere: number
  readonly bytesTotal: number
  readonly bytesDone: number
  /** What could not be sent, and why; what is in the queue of uploads says so there. */
  readonly lost: readonly { readonly name: string; readonly reason: string }[]
  /** The uploads that it has in the queue now: those under way, and those that failed. */
  readonly tasks: ReadonlySet<number>
  /** Not in the queue yet. */
  readonly waiting: readonly (TreeFile & { readonly parent: string })[]
  readonly error?: ApiError | undefined
}

let trees: readonly TreeUpload[] = []
const watchers = new Set<() => void>()

export const allTrees = (): readonly TreeUpload[] => trees

/** Calls back after every change; returns how to stop. */
export function watchTrees(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

export function changeTrees(news: readonly TreeUpload[]): void {
  trees = news
  for (const watcher of watchers) watcher()
}

export function editTree(id: number, news: (tree: TreeUpload) => Partial<TreeUpload>): void {
  changeTrees(trees.map((tree) => (tree.id === id ? { ...tree, ...news(tree) } : tree)))
}

export const findTree = (id: number): TreeUpload | undefined => trees.find((tree) => tree.id === id)

/** Whether an upload is shown within the entry of its folder. */
export const isInTree = (task: number): boolean => trees.some(({ tasks }) => tasks.has(task))
