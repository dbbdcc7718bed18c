// The files that are being sent, and those that were not finished: on every page, since what was begun in one folder goes on in another.
import { useEffect, useRef, useSyncExternalStore } from 'hono/jsx/dom'
import { toError, type Connection, type Provider } from './api.ts'
import { useConnector } from './connector.tsx'
import { TreeList } from './files/tree-list.tsx'
import { isInTree } from './files/tree-store.ts'
import { rescueFocus } from './focus.ts'
import { UnfinishedUpload } from './unfinished-upload.tsx'
import { UploadEntry } from './upload-entry.tsx'
import { allUploads, watchUploads, type UploadTask } from './upload-store.ts'
import { resumeConnection } from './uploads.ts'

interface UploadListProps {
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
  readonly onChange: () => Promise<void>
  readonly onFailed: (error: Error) => void
}

export function UploadList({ providers, connections, onChange, onFailed }: UploadListProps) {
  // An effect runs with the next frame: what has changed by then is not missed.
  const { tasks: all, unfinished } = useSyncExternalStore(watchUploads, allUploads)
  // A folder's files are in the entry of the folder.
  const tasks = all.filter(({ id }) => !isInTree(id))
  const isBusy = all.some(({ state }) => ['waiting', 'sending', 'held'].includes(state))
  useEffect(() => {
    if (!isBusy) return
    // The browser asks whether to leave: closing the tab would cut the files off.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isBusy])
  // The button that took one out of the list went with it.
  useEffect(rescueFocus, [tasks.length, unfinished.length])

  const renewed = useRef('')
  const connector = useConnector({
    onConnected: () => {
      resumeConnection(renewed.current ?? '')
      void onChange()
    },
    onFailed: (error) => onFailed(toError(error)),
  })
  const providerOf = (id: string) => {
    const connection = connections.find((one) => one.id === id)
    const provider = providers.find((one) => one.id === (connection?.provider ?? id))
    return { connection, provider, title: connection?.label ?? provider?.label }
  }
  const reconnectOf = ({ connection: id }: Pick<UploadTask, 'connection'>) => {
    const { connection, provider } = providerOf(id)
    if (connection === undefined || provider === undefined) return undefined
    return () => {
      renewed.current = id
      connector.connect(provider, connection)
    }
  }

  return (
    <section class="upload-area" aria-label="Uploads">
      <p class="visually-hidden" role="status">
        {announce(tasks)}
      </p>
      <TreeList reconnectOf={reconnectOf} />
      {tasks.length > 0 && (
        <ul class="uploads" aria-label="Uploads">
          {tasks.map((task) => (
            <UploadEntry key={task.id} task={task} onReconnect={reconnectOf(task)} />
          ))}
        </ul>
      )}
      {unfinished.length > 0 && (
        <ul class="uploads" aria-label="Unfinished uploads">
          {unfinished.map((one) => (
            <UnfinishedUpload
              key={one.address}
              upload={one}
              title={providerOf(one.connection).title}
            />
          ))}
        </ul>
      )}
      {connector.dialog}
    </section>
  )
}

/** What changes without the person's doing, and is not an alert. */
function announce(tasks: readonly UploadTask[]): string {
  const held = tasks.filter(({ state }) => state === 'held').length
  const done = tasks.filter(({ state }) => state === 'done').length
  return [
    done > 0 ? `${done} of ${tasks.length} uploaded.` : '',
    held > 0 ? `${held} of ${tasks.length} wait, and go on by themselves.` : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}
