// Uploads whole folders, and files by the thousand: folders first, then a few files at a time through the queue of uploads.
import { toError, type ApiError, type Item } from '../api.ts'
import { allUploads, watchUploads, type Conflict } from '../upload-store.ts'
import { addUploads, cancelUpload, pauseUpload, repeatUpload, resumeUpload } from '../uploads.ts'
import { ageFolder } from './kept-views.ts'
import { makeFolder, readFolder, type MadeFolder } from './make-folders.ts'
import { readEntries, treeOf, type Tree } from './read-tree.ts'
import { allTrees, changeTrees, editTree, findTree, type TreeUpload } from './tree-store.ts'

/** How many files of a folder are in the queue at once. */
const IN_QUEUE = 4
const FOLDERS_AT_ONCE = 3
/** Files up to which each gets an entry of its own. */
export const FEW = 10

/** What every further file would meet as well. */
const OF_THE_DRIVE = new Set([
  'reauth_required',
  'unauthorized',
  'quota_exceeded',
  'insufficient_scope',
])

let lastId = 0

/** Uploads files, which may name the folders they come from. */
export function uploadFiles(files: readonly File[], connection: string, folder: string): void {
  const isPlain = files.every(({ webkitRelativePath }) => !webkitRelativePath.includes('/'))
  if (isPlain && files.length <= FEW) return addUploads(files, connection, folder)
  const tree = treeOf(files)
  void run(begin(connection, folder, titleOf(tree)), () => Promise.resolve(tree))
}

/** Uploads what was dropped. */
export function uploadEntries(
  entries: readonly FileSystemEntry[],
  connection: string,
  folder: string,
): void {
  const [first] = entries
  if (first === undefined) return
  const others = entries.length === 1 ? '' : ` and ${entries.length - 1} more`
  const id = begin(connection, folder, `${first.name}${others}`)
  void run(id, () => readEntries(entries, (filesTotal) => editTree(id, () => ({ filesTotal }))))
}

function titleOf({ folders, files }: Tree): string {
  const tops = folders.filter(({ length }) => length === 1)
  const [top] = tops
  if (top === undefined) return `${files.length} files`
  return tops.length === 1 ? (top[0] ?? '') : `${tops.length} folders`
}

function begin(connection: string, folder: string, title: string): number {
  lastId += 1
  const fresh: TreeUpload = {
    id: lastId,
    connection,
    folder,
    title,
    phase: 'reading',
    foldersTotal: 0,
    foldersDone: 0,
    filesTotal: 0,
    filesDone: 0,
    filesThere: 0,
    bytesTotal: 0,
    bytesDone: 0,
    lost: [],
    tasks: new Set(),
    waiting: [],
  }
  changeTrees([...allTrees(), fresh])
  return fresh.id
}

const lose = (id: number, name: string, reason: string) =>
  editTree(id, ({ lost }) => ({ lost: [...lost, { name, reason }] }))

async function run(id: number, read: () => Promise<Tree>): Promise<void> {
  const tree = await read()
  const own = findTree(id)
  if (own === undefined) return
  for (const name of tree.unreadable) lose(id, name, 'It could not be read.')
  editTree(id, () => ({
    phase: 'folders',
    foldersTotal: tree.folders.length,
    filesTotal: tree.files.length,
    bytesTotal: tree.files.reduce((sum, { file }) => sum + file.size, 0),
  }))
  const made = await makeAll(own, tree)
  if (findTree(id) === undefined) return
  const waiting: TreeUpload['waiting'][number][] = []
  const lost: TreeUpload['lost'][number][] = []
  const there: File[] = []
  for (const { path, file } of tree.files) {
    const parent = made.get(path.join('/'))
    const name = [...path, file.name].join('/')
    if (parent === undefined) lost.push({ name, reason: 'Its folder could not be made.' })
    else if (isThere(parent, file)) there.push(file)
    else waiting.push({ path, file, parent: parent.id })
  }
  editTree(id, (now) => ({
    waiting,
    lost: [...now.lost, ...lost],
    filesThere: there.length,
    bytesDone: there.reduce((sum, { size }) => sum + size, 0),
    phase: 'files',
  }))
  feed(id)
}

/** So that a folder goes on where it was left when it is chosen again. */
function isThere({ before }: MadeFolder, file: File): boolean {
  const found: Item | undefined = before.get(file.name.normalize('NFC'))
  if (found === undefined || found.is_folder || found.size !== file.size) return false
  // What was changed since then may be as long as before.
  return found.modified_at !== null && Date.parse(found.modified_at) >= file.lastModified
}

/** Each folder by its way; the one in which they all are made has the empty one. */
async function makeAll(
  { id, connection, folder }: TreeUpload,
  { folders }: Tree,
): Promise<ReadonlyMap<string, MadeFolder>> {
  const isWanted = () => findTree(id) !== undefined
  const made = new Map<string, MadeFolder>([['', { id: folder, before: new Map() }]])
  const read = new Map<string, Promise<ReadonlyMap<string, Item>>>()
  const siblingsIn = (parent: string) => () => {
    const found = read.get(parent) ?? readFolder(connection, parent, isWanted)
    read.set(parent, found)
    return found
  }
  const makeOne = async (way: readonly string[]) => {
    const parent = made.get(way.slice(0, -1).join('/'))
    const name = way.at(-1) ?? ''
    if (parent === undefined || !isWanted()) return
    try {
      const one = await makeFolder(connection, parent.id, name, siblingsIn(parent.id), isWanted)
      made.set(way.join('/'), one)
      ageFolder(connection, parent.id)
    } catch (cause) {
      const { message, errors } = toError(cause)
      const reason = errors.map((error) => `The name ${error.message}.`).join(' ')
      lose(id, `${way.join('/')}/`, reason === '' ? message : reason)
    }
    editTree(id, ({ foldersDone }) => ({ foldersDone: foldersDone + 1 }))
  }
  const depth = Math.max(0, ...folders.map(({ length }) => length))
  for (let level = 1; level <= depth; level += 1) {
    const queue = folders.filter(({ length }) => length === level)
    const work = async () => {
      for (let way = queue.shift(); way !== undefined; way = queue.shift()) await makeOne(way)
    }
    await Promise.all(Array.from({ length: FOLDERS_AT_ONCE }, work))
  }
  return made
}

/** Puts the next files into the queue, and takes out what is done. */
function feed(id: number): void {
  const tree = findTree(id)
  if (tree === undefined || tree.phase === 'reading' || tree.phase === 'folders') return
  const tasks = new Set(tree.tasks)
  let { filesDone, bytesDone } = tree
  let error: ApiError | undefined
  let moving = 0
  const over: number[] = []
  for (const taskId of tree.tasks) {
    const task = allUploads().tasks.find((one) => one.id === taskId)
    if (task === undefined) tasks.delete(taskId)
    else if (task.state === 'done') {
      tasks.delete(taskId)
      over.push(taskId)
      filesDone += 1
      bytesDone += task.file.size
    } else if (task.state !== 'failed') moving += 1
    else if (OF_THE_DRIVE.has(task.error?.code ?? '')) error = task.error
  }
  const isHeld = tree.phase === 'files' && error !== undefined
  const canFeed = tree.phase === 'files' && !isHeld
  const next = canFeed ? tree.waiting.slice(0, Math.max(0, IN_QUEUE - moving)) : []
  const waiting = tree.waiting.slice(next.length)
  const isOver = moving === 0 && next.length === 0 && waiting.length === 0 && canFeed
  // The queue calls back while it is being changed: what is settled here is settled first.
  editTree(id, () => ({
    tasks,
    filesDone,
    bytesDone,
    waiting,
    error,
    ...(isHeld ? { phase: 'held' as const } : isOver ? { phase: 'over' as const } : {}),
  }))
  for (const taskId of over) cancelUpload(taskId)
  for (const { file, parent } of next) {
    addUploads([file], tree.connection, parent)
    const task = allUploads().tasks.find((one) => one.file === file)
    if (task !== undefined) {
      editTree(id, (now) => ({ tasks: new Set([...now.tasks, task.id]) }))
    }
  }
}

let isFeeding = false
watchUploads(() => {
  if (isFeeding) return
  isFeeding = true
  // Once for all that changes in one go.
  queueMicrotask(() => {
    isFeeding = false
    for (const { id, tasks } of allTrees()) if (tasks.size > 0) feed(id)
  })
})
window.addEventListener('beforeunload', (event) => {
  const isLost = ({ phase, waiting }: TreeUpload) =>
    phase === 'reading' || phase === 'folders' || waiting.length > 0
  if (allTrees().some(isLost)) event.preventDefault()
})

const tasksOf = ({ tasks }: TreeUpload) => allUploads().tasks.filter(({ id }) => tasks.has(id))

/** Stops everything; each file keeps its place. */
export function pauseTree(id: number): void {
  editTree(id, () => ({ phase: 'paused' }))
  const tree = findTree(id)
  if (tree === undefined) return
  for (const task of tasksOf(tree)) {
    if (task.state !== 'done' && task.state !== 'failed') pauseUpload(task.id)
  }
}

/** Goes on, and tries again what failed without a name being taken. */
export function resumeTree(id: number): void {
  editTree(id, () => ({ phase: 'files', error: undefined }))
  const tree = findTree(id)
  if (tree === undefined) return
  for (const { id: taskId, state, error } of tasksOf(tree)) {
    if (state === 'paused' || (state === 'failed' && error?.code !== 'name_conflict'))
      resumeUpload(taskId)
  }
  feed(id)
}

/** Sends all files anew that could not have their names. */
export function repeatTree(id: number, conflict: Conflict): void {
  const tree = findTree(id)
  if (tree === undefined) return
  editTree(id, () => ({ phase: 'files' }))
  for (const task of tasksOf(tree)) {
    if (task.error?.code === 'name_conflict') repeatUpload(task.id, conflict)
  }
}

/** Gives it up: what has arrived stays. */
export function cancelTree(id: number): void {
  const tree = findTree(id)
  changeTrees(allTrees().filter((one) => one.id !== id))
  if (tree !== undefined) for (const task of tasksOf(tree)) cancelUpload(task.id)
}
