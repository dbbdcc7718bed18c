// The folders that are being uploaded: one entry for each, however many files it has; opened, it shows those under way and those that failed.
import { useState, useSyncExternalStore } from 'hono/jsx/dom'
import { formatSize } from '../format.ts'
import { UploadEntry } from '../upload-entry.tsx'
import { allUploads, watchUploads, type UploadTask } from '../upload-store.ts'
import { allTrees, watchTrees, type TreeUpload } from './tree-store.ts'
import { cancelTree, pauseTree, repeatTree, resumeTree } from './upload-folder.ts'

/** Entries of single files that are shown at most. */
const SHOWN = 100

interface TreeListProps {
  /** Where a file's connection can be renewed on the spot. */
  readonly reconnectOf: (task: Pick<UploadTask, 'connection'>) => (() => void) | undefined
}

export function TreeList({ reconnectOf }: TreeListProps) {
  const trees = useSyncExternalStore(watchTrees, allTrees)
  const { tasks } = useSyncExternalStore(watchUploads, allUploads)
  return (
    <div class="trees">
      <p class="visually-hidden" role="status">
        {trees
          .filter(({ phase }) => phase === 'over')
          .map((tree) => `${tree.title}: ${describe(tree, 0)}.`)
          .join(' ')}
      </p>
      {trees.length > 0 && (
        <ul class="uploads" aria-label="Folder uploads">
          {trees.map((tree) => (
            <TreeEntry
              key={tree.id}
              tree={tree}
              tasks={tasks.filter(({ id }) => tree.tasks.has(id))}
              reconnectOf={reconnectOf}
            />
          ))}
        </ul>
      )}
    </div>
  )
}

interface TreeEntryProps extends TreeListProps {
  readonly tree: TreeUpload
  readonly tasks: readonly UploadTask[]
}

function TreeEntry({ tree, tasks, reconnectOf }: TreeEntryProps) {
  const { id, title, phase, lost, error } = tree
  const [isOpen, setIsOpen] = useState(false)
  const failed = tasks.filter(({ state }) => state === 'failed')
  const taken = failed.filter((task) => task.error?.code === 'name_conflict')
  const onWay = tasks.reduce((sum, { sent }) => sum + sent, 0)
  const reconnect = error?.code === 'reauth_required' ? reconnectOf(tree) : undefined
  const isMoving = phase === 'files' || phase === 'folders' || phase === 'reading'
  const canRetry = phase === 'over' && failed.length > taken.length
  const hasDetails = tasks.length > 0 || lost.length > 0
  return (
    <li class="card" data-tree={title} data-phase={phase}>
      <div class="row">
        <span class="what">
          <bdi class="ellipsis" title={title}>
            {title}
          </bdi>
          <span class="muted small">{describe(tree, onWay)}</span>
          {error && (
            <span class="error" role="alert">
              {error.message}
            </span>
          )}
          {failed.length + lost.length > 0 && (
            <span class="error" role="alert">
              {failed.length + lost.length} could not be uploaded
              {taken.length > 0 && `, ${taken.length} of them because of their names`}.
            </span>
          )}
        </span>
        <span class="row">
          {taken.length > 0 && (
            <>
              <button onClick={() => repeatTree(id, 'rename')}>Keep both for all</button>
              <button onClick={() => repeatTree(id, 'replace')}>Replace all</button>
            </>
          )}
          {phase === 'files' && (
            <button aria-label={`Pause ${title}`} onClick={() => pauseTree(id)}>
              Pause
            </button>
          )}
          {reconnect && <button onClick={reconnect}>Reconnect</button>}
          {(phase === 'paused' || phase === 'held' || canRetry) && (
            <button
              aria-label={`${canRetry ? 'Retry' : 'Resume'} ${title}`}
              onClick={() => resumeTree(id)}
            >
              {canRetry ? 'Retry' : 'Resume'}
            </button>
          )}
          {hasDetails && (
            <button
              class="plain"
              aria-expanded={isOpen ? 'true' : 'false'}
              aria-label={`Details of ${title}`}
              onClick={() => setIsOpen(!isOpen)}
            >
              Details
            </button>
          )}
          <button
            class="plain"
            aria-label={`${phase === 'over' ? 'Hide' : 'Cancel'} ${title}`}
            onClick={() => cancelTree(id)}
          >
            {phase === 'over' ? 'Hide' : 'Cancel'}
          </button>
        </span>
      </div>
      {phase !== 'over' && (
        <progress aria-label={`Uploading ${title}`} {...progressOf(tree, onWay)} />
      )}
      {isOpen && hasDetails && (
        <>
          <ul class="uploads" aria-label={`Files of ${title}`}>
            {[...failed, ...tasks.filter(({ state }) => state !== 'failed')]
              .slice(0, SHOWN)
              .map((task) => (
                <UploadEntry key={task.id} task={task} onReconnect={reconnectOf(task)} />
              ))}
          </ul>
          {lost.length > 0 && (
            <ul class="small">
              {lost.slice(0, SHOWN).map(({ name, reason }) => (
                <li key={name}>
                  <bdi>{name}</bdi>: {reason}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {isMoving && <span class="visually-hidden">In progress</span>}
    </li>
  )
}

const count = (number: number, one: string) => `${number} ${number === 1 ? one : `${one}s`}`

function describe(tree: TreeUpload, onWay: number): string {
  const { phase, foldersTotal, foldersDone, filesTotal, filesDone, filesThere } = tree
  if (phase === 'reading') return `Reading: ${count(filesTotal, 'file')} so far`
  if (phase === 'folders') return `Making folders: ${foldersDone} of ${foldersTotal}`
  const there = filesThere === 0 ? '' : `, ${filesThere} of them there before`
  const done = `${filesDone + filesThere} of ${count(filesTotal, 'file')}${there}`
  if (phase === 'over') return `Uploaded ${done}`
  const bytes = `${formatSize(tree.bytesDone + onWay)} of ${formatSize(tree.bytesTotal)}`
  return `${phase === 'paused' ? 'Paused: ' : ''}${done} · ${bytes}`
}

/** Without a value the bar only says that something is going on. */
function progressOf(tree: TreeUpload, onWay: number) {
  if (tree.phase === 'reading') return {}
  if (tree.phase === 'folders') return { max: tree.foldersTotal || 1, value: tree.foldersDone }
  return { max: tree.bytesTotal || 1, value: tree.bytesDone + onWay }
}
