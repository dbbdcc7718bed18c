// What cannot be undone: each action in a row of its own, asked about once more before it runs.
import { useState, type Child } from 'hono/jsx/dom'
import { call, connectionPath, toError } from '../api.ts'
import { ConfirmDialog } from '../dialog.tsx'
import type { PageProps } from '../loaded.ts'
import { DeleteAccount } from './delete-account.tsx'
import { say } from '../toasts.ts'

export function DangerZone(props: PageProps) {
  return (
    <section class="card danger-zone" aria-labelledby="settings-danger">
      <h2 id="settings-danger">Danger zone</h2>
      <DisconnectAll {...props} />
      <DeleteAccount onLeave={props.onLeave} />
    </section>
  )
}

interface DangerousActionProps {
  readonly title: string
  readonly text: string
  readonly action: string
  /** What is said instead of the button where there is nothing to be done. */
  readonly nothing: string | undefined
  /** What the question says. */
  readonly question: string
  /** Resolves when it is done; what it throws is shown in the question, which stays. */
  readonly run: () => Promise<void>
  readonly children?: Child
}

/** One action, with its question. */
function DangerousAction(props: DangerousActionProps) {
  const { title, text, action, nothing, question, run, children } = props
  const [isAsked, setAsked] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | undefined>(undefined)
  const confirm = () => {
    setBusy(true)
    setError(undefined)
    run()
      .then(() => setAsked(false))
      .catch((cause: unknown) => setError(toError(cause).message))
      .finally(() => setBusy(false))
  }
  return (
    <div class="row dangerous">
      <span class="what">
        <strong>{title}</strong>
        <span class="muted small">{nothing ?? text}</span>
        {children}
      </span>
      {nothing === undefined && (
        <button class="danger" onClick={() => setAsked(true)}>
          {action}
        </button>
      )}
      {isAsked && (
        <ConfirmDialog
          title={`${title}?`}
          text={question}
          action={busy ? 'Please wait…' : action}
          busy={busy}
          error={error}
          onConfirm={confirm}
          onClose={() => {
            setAsked(false)
            setError(undefined)
          }}
        />
      )}
    </div>
  )
}

function DisconnectAll({ loaded, onChange }: PageProps) {
  const { connections } = loaded
  const [done, setDone] = useState<number | undefined>(undefined)
  const run = async () => {
    let count = 0
    try {
      for (const { id } of connections) {
        setDone(count)
        await call(connectionPath(id), 'DELETE').catch((cause: unknown) => {
          // Disconnected meanwhile, in another tab: that is what was wanted.
          if (toError(cause).status !== 404) throw cause
        })
        count += 1
      }
      say('All drives are disconnected.')
    } finally {
      setDone(undefined)
      await onChange()
    }
  }
  return (
    <DangerousAction
      title="Disconnect all drives"
      text="Their sign-ins are deleted here and ended at the providers where that is possible."
      action="Disconnect all"
      nothing={connections.length === 0 ? 'No drive is connected.' : undefined}
      question={`This disconnects ${connections.length === 1 ? 'one drive' : `${connections.length} drives`}. The files stay where they are; imports that are under way fail, and documents that are stored there cannot be had until you connect them again.`}
      run={run}
    >
      {done !== undefined && (
        <progress
          max={connections.length}
          value={done}
          aria-label={`Disconnected ${done} of ${connections.length}`}
        />
      )}
    </DangerousAction>
  )
}
