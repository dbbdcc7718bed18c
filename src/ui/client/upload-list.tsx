// The files that are being sent, with progress, cancel, and the choice when a name is taken.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import { formatSize } from './format.ts'
import { sendFile, type Conflict, type UploadTask } from './uploads.ts'

interface UploadListProps {
  readonly connection: string
  readonly folder: string
  /** Newly chosen ones; each new array is taken up once. */
  readonly files: readonly File[]
  readonly onUploaded: () => void
}

const AT_ONCE = 2
let lastId = 0

export function UploadList({ connection, folder, files, onUploaded }: UploadListProps) {
  const [tasks, setTasks] = useState<readonly UploadTask[]>([])
  const cancels = useRef<Map<number, () => void>>(new Map())

  const edit = (id: number, change: Partial<UploadTask>) =>
    setTasks((all) => all.map((task) => (task.id === id ? { ...task, ...change } : task)))

  useEffect(() => {
    const added = files.map((file) => {
      const id = ++lastId
      return { id, file, connection, folder, conflict: 'fail', sent: 0, state: 'waiting' } as const
    })
    if (added.length > 0) setTasks((all) => [...all, ...added])
  }, [files])

  useEffect(() => {
    const sending = tasks.filter(({ state }) => state === 'sending').length
    const next = tasks.find(({ state }) => state === 'waiting')
    if (next === undefined || sending >= AT_ONCE) return
    edit(next.id, { state: 'sending' })
    const { finished, cancel } = sendFile(next, (sent) => edit(next.id, { sent }))
    cancels.current?.set(next.id, cancel)
    void finished.then((error) => {
      cancels.current?.delete(next.id)
      if (error === undefined) {
        edit(next.id, { state: 'done' })
        onUploaded()
      } else edit(next.id, { state: 'failed', error })
    })
  }, [tasks])

  const again = (task: UploadTask, conflict: Conflict) =>
    setTasks((all) =>
      all.map((one) => {
        if (one.id !== task.id) return one
        const { error, ...rest } = one
        return { ...rest, conflict, sent: 0, state: 'waiting' }
      }),
    )
  const drop = (task: UploadTask) => setTasks((all) => all.filter(({ id }) => id !== task.id))

  if (tasks.length === 0) return null
  return (
    <ul class="uploads" aria-label="Uploads">
      {tasks.map((task) => (
        <li class="card" key={task.id} data-upload={task.file.name} data-state={task.state}>
          <div class="row">
            <span>
              {task.file.name} <span class="muted small">{describe(task)}</span>
            </span>
            {task.state === 'sending' && (
              <button class="plain" onClick={() => cancels.current?.get(task.id)?.()}>
                Cancel
              </button>
            )}
            {task.error?.code === 'name_conflict' && (
              <>
                <button onClick={() => again(task, 'rename')}>Keep both</button>
                <button onClick={() => again(task, 'replace')}>Replace</button>
              </>
            )}
            {task.state === 'failed' && task.error?.code !== 'name_conflict' && (
              <button onClick={() => again(task, task.conflict)}>Retry</button>
            )}
            {(task.state === 'done' || task.state === 'failed') && (
              <button
                class="plain"
                aria-label={`Hide ${task.file.name}`}
                onClick={() => drop(task)}
              >
                Hide
              </button>
            )}
          </div>
          {task.state === 'sending' && (
            <progress
              max={task.file.size || 1}
              value={task.sent}
              aria-label={`Sending ${task.file.name}`}
            />
          )}
        </li>
      ))}
    </ul>
  )
}

function describe(task: UploadTask): string {
  if (task.state === 'done') return 'Uploaded'
  if (task.error?.code === 'name_conflict') return 'There is a file of this name already.'
  if (task.error !== undefined) return task.error.message
  if (task.state === 'waiting') return 'Waiting'
  return `${formatSize(task.sent)} of ${formatSize(task.file.size)}`
}
