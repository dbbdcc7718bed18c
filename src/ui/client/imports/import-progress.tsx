// How far an import is: in words, as a bar, why it stands still, and what can be done about it.
import { useState } from 'hono/jsx/dom'
import { slipway, toError, type ApiError, type Import } from '../api.ts'
import { Failure } from '../failure.tsx'
import { failureWords, isOver, pauseWords, progressWords, statusWords } from './import-words.ts'

interface ImportProgressProps {
  readonly view: Import
  /** What its buttons are told apart by, where there are several imports. */
  readonly name?: string | undefined
  /** Where its drive can be renewed on the spot. */
  readonly onReconnect?: (() => void) | undefined
  readonly onChange: (view: Import) => void
}

export function ImportProgress({ view, name, onReconnect, onChange }: ImportProgressProps) {
  const why = pauseWords(view) || failureWords(view)
  const { kind, text } = statusWords(view)
  return (
    <div class="progress-area">
      <div class="row">
        <span class={`pill ${kind}`}>{text}</span>
        <span class="small">{progressWords(view)}</span>
      </div>
      {!isOver(view) && <Bar view={view} name={name} />}
      {why !== '' && (
        <div class={`notice small ${view.status === 'failed' ? 'bad' : 'warn'}`}>
          <span>{why}</span>
          {view.pause_reason === 'reauth_required' && <Reconnect onReconnect={onReconnect} />}
        </div>
      )}
      <Actions view={view} name={name} onChange={onChange} />
    </div>
  )
}

function Reconnect({ onReconnect }: { readonly onReconnect: (() => void) | undefined }) {
  if (onReconnect !== undefined) return <button onClick={onReconnect}>Reconnect</button>
  return (
    <a class="button" href="#/">
      Reconnect
    </a>
  )
}

/** Files first, since every one of them counts; of a few, their bytes tell more. */
function Bar({ view, name }: Pick<ImportProgressProps, 'view' | 'name'>) {
  const { counts, bytes } = view
  const done = counts.imported + counts.skipped + counts.failed
  const label = name === undefined ? 'Import' : `Import of ${name}`
  if (counts.total === 0) {
    return view.status === 'paused' ? null : <progress aria-label={label} />
  }
  const share =
    bytes.total > 0 && counts.total < 20 ? bytes.done / bytes.total : done / counts.total
  return <progress max={1} value={Math.min(1, share)} aria-label={label} />
}

type Step = 'pause' | 'resume' | 'retry' | 'cancel'

const LABELS: Readonly<Record<Step, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Retry what failed',
  cancel: 'Cancel',
}

function stepsOf(view: Import): readonly Step[] {
  const { status, pause_reason, counts, folders } = view
  const hasFailed = status === 'failed' || counts.failed > 0 || folders.failed > 0
  const retry: Step[] = hasFailed && status !== 'cancelled' ? ['retry'] : []
  if (status === 'running') return ['pause', ...retry, 'cancel']
  // What waits for its user or for the provider's hour would refuse.
  const waits = pause_reason === 'reauth_required' || pause_reason === 'throttled'
  if (status === 'paused') return [...(waits ? [] : (['resume'] as const)), ...retry, 'cancel']
  return counts.failed > 0 || folders.failed > 0 || status === 'failed' ? ['retry'] : []
}

function Actions({
  view,
  name,
  onChange,
}: Pick<ImportProgressProps, 'view' | 'name' | 'onChange'>) {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const steps = stepsOf(view)
  const run = (step: Step) => {
    if (busy) return
    setBusy(true)
    setFailure(undefined)
    slipway.imports[step](view.id)
      .then(onChange)
      .catch((error: unknown) => setFailure(toError(error)))
      .finally(() => setBusy(false))
  }
  // Pause and Resume are one button, whatever it says at the moment: the focus stays on it.
  return (
    <>
      {failure && <Failure error={failure} />}
      {steps.length > 0 && (
        <div class="row">
          {steps.map((step) => (
            <button
              key={step === 'resume' ? 'pause' : step}
              aria-disabled={busy ? 'true' : undefined}
              aria-label={name === undefined ? undefined : `${LABELS[step]}: ${name}`}
              onClick={() => run(step)}
            >
              {LABELS[step]}
            </button>
          ))}
        </div>
      )}
    </>
  )
}
