// One file that is being sent: how far it is, in words and as a bar, and what can be done about it.
import type { ApiError } from './api.ts'
import { formatClock, formatSize } from './format.ts'
import { keepPlace } from './place.ts'
import type { UploadTask } from './upload-store.ts'
import { cancelUpload, canPause, pauseUpload, repeatUpload, resumeUpload } from './uploads.ts'

interface UploadEntryProps {
  readonly task: UploadTask
  /** Where its connection can be renewed on the spot. */
  readonly onReconnect: (() => void) | undefined
}

export function UploadEntry({ task, onReconnect }: UploadEntryProps) {
  const { id, file, state, error, kept } = task
  const isTaken = error?.code === 'name_conflict'
  // Nothing is under way, and nothing left to be dropped.
  const isOver = state === 'done' || (state === 'failed' && kept === undefined)
  const leave = isOver ? 'Hide' : 'Cancel'
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
        <span class="row">
          {isTaken && (
            <>
              <button
                aria-label={`Keep both: ${file.name}`}
                onClick={() => repeatUpload(id, 'rename')}
              >
                Keep both
              </button>
              <button
                aria-label={`Replace ${file.name}`}
                onClick={() => repeatUpload(id, 'replace')}
              >
                Replace
              </button>
            </>
          )}
          {!isTaken && <NextStep task={task} onReconnect={onReconnect} />}
          <button
            class="plain"
            aria-label={`${leave} ${file.name}`}
            onClick={() => cancelUpload(id)}
          >
            {leave}
          </button>
        </span>
      </div>
      {(state === 'sending' || state === 'paused' || state === 'held') && (
        <progress max={file.size || 1} value={task.sent} aria-label={`Sending ${file.name}`} />
      )}
    </li>
  )
}

/** One button, whatever it says at the moment: the focus stays on it. */
function NextStep({ task, onReconnect }: UploadEntryProps) {
  const { id, file, state, error } = task
  if (state === 'done') return null
  if (error?.code === 'unauthorized') {
    return (
      <a class="button" href="/" onClick={keepPlace}>
        Sign in again
      </a>
    )
  }
  const isMoving = state === 'waiting' || state === 'sending'
  if (isMoving && !canPause(file)) return null
  const [label, act] = isMoving
    ? ['Pause', () => pauseUpload(id)]
    : error?.code === 'reauth_required' && onReconnect !== undefined
      ? ['Reconnect', onReconnect]
      : [LABELS[state as keyof typeof LABELS], () => resumeUpload(id)]
  return (
    <button aria-label={`${label} ${file.name}`} onClick={act}>
      {label}
    </button>
  )
}

const LABELS = { paused: 'Resume', held: 'Try now', failed: 'Retry' } as const

function describe(task: UploadTask): string {
  const { state, error, file, sent, resumedAt } = task
  const from = resumedAt === undefined ? '' : `, continued at ${formatSize(resumedAt)}`
  const sofar = `${formatSize(sent)} of ${formatSize(file.size)}${from}`
  if (error !== undefined) return explain(error)
  switch (state) {
    case 'done':
      return `Uploaded${from}`
    case 'waiting':
      return 'Waiting'
    case 'paused':
      return task.isCounting ? 'Paused' : `Paused at ${sofar}`
    case 'held':
      return reasonOf(task)
    case 'sending':
    case 'failed': {
      const anew = task.isAnew ? 'What had been sent before was no longer there. ' : ''
      return `${task.isRetrying ? 'Trying again. ' : anew}${sofar}`
    }
  }
}

function explain(error: ApiError): string {
  return error.code === 'name_conflict' ? 'There is a file of this name already.' : error.message
}

function reasonOf({ hold }: UploadTask): string {
  switch (hold?.reason) {
    case 'asked':
      return `The provider asked to wait until ${formatClock(new Date(hold.until))}.`
    case 'busy':
      return 'The server is still busy with it. It goes on by itself.'
    case 'network':
    case undefined:
      return 'Waiting for the network. It goes on by itself.'
  }
}
