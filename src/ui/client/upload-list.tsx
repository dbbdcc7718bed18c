// The files that are being sent, with progress, cancel, and the choice when a name is taken.
import { useEffect, useState } from 'hono/jsx/dom'
import { formatSize } from './format.ts'
import {
  allUploads,
  cancelUpload,
  hideUpload,
  repeatUpload,
  watchUploads,
  type UploadTask,
} from './uploads.ts'

/** On every page: what was begun in one folder goes on while another is looked at. */
export function UploadList() {
  const [tasks, setTasks] = useState(allUploads())
  useEffect(() => watchUploads(setTasks), [])
  const unfinished = tasks.some(({ state }) => state === 'waiting' || state === 'sending')
  useEffect(() => {
    if (!unfinished) return
    // The browser asks whether to leave: closing the tab would cut the files off.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [unfinished])

  if (tasks.length === 0) return null
  return (
    <ul class="uploads" aria-label="Uploads">
      {tasks.map((task) => (
        <Upload key={task.id} task={task} />
      ))}
    </ul>
  )
}

function Upload({ task }: { readonly task: UploadTask }) {
  const { id, file, state, error } = task
  const taken = error?.code === 'name_conflict'
  const running = state === 'waiting' || state === 'sending'
  return (
    <li class="card" data-upload={file.name} data-state={state}>
      <div class="row">
        <span class="what">
          <span class="ellipsis" title={file.name}>
            {file.name}
          </span>
          <span class={error ? 'error' : 'muted small'} role={error ? 'alert' : undefined}>
            {describe(task)}
          </span>
        </span>
        {running && (
          <button class="plain" aria-label={`Cancel ${file.name}`} onClick={() => cancelUpload(id)}>
            Cancel
          </button>
        )}
        {taken && (
          <>
            <button onClick={() => repeatUpload(id, 'rename')}>Keep both</button>
            <button onClick={() => repeatUpload(id, 'replace')}>Replace</button>
          </>
        )}
        {state === 'failed' && !taken && (
          <button onClick={() => repeatUpload(id, task.conflict)}>Retry</button>
        )}
        {!running && (
          <button class="plain" aria-label={`Hide ${file.name}`} onClick={() => hideUpload(id)}>
            Hide
          </button>
        )}
      </div>
      {state === 'sending' && (
        <progress max={file.size || 1} value={task.sent} aria-label={`Sending ${file.name}`} />
      )}
    </li>
  )
}

function describe(task: UploadTask): string {
  if (task.state === 'done') return 'Uploaded'
  if (task.error?.code === 'name_conflict') return 'There is a file of this name already.'
  if (task.error !== undefined) return task.error.message
  if (task.state === 'waiting') return 'Waiting'
  return `${formatSize(task.sent)} of ${formatSize(task.file.size)}`
}
