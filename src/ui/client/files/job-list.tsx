// What is being done to items: how far it is, and what was refused, with the reason and the way out.
import { useSyncExternalStore } from 'hono/jsx/dom'
import type { ApiError } from '../api.ts'
import { WayOut } from '../failure.tsx'
import { allJobs, hideJob, isTroubled, retryJob, stopJob, watchJobs, type Job } from './jobs.ts'

interface JobListProps {
  readonly connection: string
  readonly onReconnect: (() => void) | undefined
  /** Adds a permission to the connection. */
  readonly onGrant: ((scope: string) => void) | undefined
}

const DOING = { Delete: 'Deleting', Move: 'Moving', Rename: 'Renaming' } as const
const DONE = { Delete: 'Deleted', Move: 'Moved', Rename: 'Renamed' } as const
const REFUSED = { Delete: 'deleted', Move: 'moved', Rename: 'renamed' } as const

export function JobList({ connection, ...ways }: JobListProps) {
  const jobs = useSyncExternalStore(watchJobs, allJobs).filter(
    (job) => job.connection === connection,
  )
  return (
    <div class="jobs">
      <p class="visually-hidden" role="status">
        {jobs.map(summarise).join(' ')}
      </p>
      {jobs.filter(isShown).map((job) => (
        <JobEntry key={job.id} job={job} {...ways} />
      ))}
    </div>
  )
}

const NEEDS_MORE = ['unauthorized', 'reauth_required', 'insufficient_scope']

/** One that simply succeeds is seen in the list itself. */
const isShown = (job: Job) =>
  isTroubled(job) || (job.state === 'running' && job.task.items.length > 2)

function summarise({ task, done, state, failed }: Job): string {
  if (state === 'running') return ''
  const what = task.items.length === 1 ? (task.items[0]?.name ?? '') : countItems(done)
  return failed.length === 0 ? `${DONE[task.verb]} ${what}.` : ''
}

const countItems = (count: number) => `${count} ${count === 1 ? 'item' : 'items'}`

interface JobEntryProps extends Omit<JobListProps, 'connection'> {
  readonly job: Job
}

function JobEntry({ job, ...ways }: JobEntryProps) {
  const { id, task, done, failed, left, state } = job
  const total = task.items.length
  if (state === 'running') {
    const label = `${DOING[task.verb]} ${countItems(total)}${task.where}`
    return (
      <div class="card" data-job={task.verb}>
        <div class="row">
          <span class="what">
            {label}: {done} done
          </span>
          <button onClick={() => stopJob(id)}>Stop</button>
        </div>
        <progress max={total} value={done + failed.length} aria-label={label} />
      </div>
    )
  }
  const [only] = failed
  const again = failed.length + left.length
  /** What has to be mended first. */
  const ofDrive = failed.find(({ error }) => NEEDS_MORE.includes(error.code))?.error
  return (
    <div class="notice bad job" role="alert" data-job={task.verb}>
      <div class="stack">
        {total === 1 && only !== undefined ? (
          <span>
            <bdi>{only.item.name}</bdi> could not be {REFUSED[task.verb]}
            {task.where}: {reasonOf(only.error)}
          </span>
        ) : (
          <>
            <span>
              {DONE[task.verb]} {done} of {countItems(total)}
              {task.where}.{left.length > 0 && ` ${countItems(left.length)} were not tried.`}
            </span>
            {/* It scrolls where it is long. */}
            <ul tabIndex={0} aria-label="What was refused">
              {failed.map(({ item, error }) => (
                <li key={item.id}>
                  <bdi>{item.name}</bdi>: {reasonOf(error)}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      <span class="row">
        {ofDrive && <WayOut error={ofDrive} {...ways} />}
        {task.onAsk && only !== undefined && total === 1 ? (
          <button
            onClick={() => {
              hideJob(id)
              task.onAsk?.(only)
            }}
          >
            Change it
          </button>
        ) : (
          <button onClick={() => retryJob(job)}>{again === 1 ? 'Retry' : `Retry ${again}`}</button>
        )}
        <button class="plain" onClick={() => hideJob(id)}>
          Dismiss
        </button>
      </span>
    </div>
  )
}

/** With what is wrong about each field. */
export function reasonOf({ message, errors }: ApiError): string {
  const parts = errors.map((error) => `${error.field.replace(/^body\./, '')} ${error.message}.`)
  return [message, ...parts].join(' ')
}
