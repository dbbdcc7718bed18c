// Where new documents go: the built-in storage, or a drive that can be written to.
import { useState } from 'hono/jsx/dom'
import { call, toError, type ApiError } from '../api.ts'
import { Failure } from '../failure.tsx'
import type { PageProps } from '../loaded.ts'
import { say } from '../toasts.ts'

interface Choice {
  readonly backend: string
  readonly connection_id: string | null
  readonly label: string
  readonly note: string
  readonly isUsable: boolean
}

const keyOf = ({ backend, connection_id }: Pick<Choice, 'backend' | 'connection_id'>) =>
  `${backend} ${connection_id ?? ''}`

export function DefaultStorage({ loaded, onChange }: PageProps) {
  const current = keyOf(loaded.me.default_storage)
  const [chosen, setChosen] = useState(current)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const choices = choicesOf(loaded)

  const save = (event?: Event) => {
    event?.preventDefault()
    const choice = choices.find((one) => keyOf(one) === chosen)
    // The folder that was chosen in the storage as it is stays.
    if (busy || choice === undefined || chosen === current) return
    const { backend, connection_id, label } = choice
    setBusy(true)
    setFailure(undefined)
    call('/api/users/me/default-storage', 'PATCH', {
      backend,
      ...(connection_id === null ? {} : { connection_id }),
    })
      .then(onChange)
      .then(() => say(`New documents go to ${label}.`))
      .catch((error: unknown) => setFailure(toError(error)))
      .finally(() => setBusy(false))
  }
  return (
    <form class="choices" onSubmit={save}>
      {failure && <Failure error={failure} onRetry={() => save()} triesByItself={false} />}
      <fieldset>
        <legend class="muted small">New documents are stored here. Those there are stay.</legend>
        {choices.map((choice) => (
          <label key={keyOf(choice)} class="check">
            <input
              type="radio"
              name="storage"
              value={keyOf(choice)}
              checked={keyOf(choice) === chosen}
              disabled={!choice.isUsable}
              onChange={() => setChosen(keyOf(choice))}
            />
            <span class="ellipsis" title={choice.label}>
              {choice.label}
            </span>
            {choice.note !== '' && <span class="muted small">{choice.note}</span>}
          </label>
        ))}
      </fieldset>
      <div class="row">
        <button
          class="main"
          type="submit"
          aria-disabled={busy || chosen === current ? 'true' : undefined}
        >
          {busy ? 'Saving…' : 'Save'}
        </button>
      </div>
    </form>
  )
}

function choicesOf({ providers, connections }: PageProps['loaded']): Choice[] {
  const writable = providers.filter(({ capabilities }) => capabilities['upload'])
  return writable.flatMap((provider): Choice[] => {
    if (provider.auth === 'builtin') {
      return [
        {
          backend: provider.id,
          connection_id: null,
          label: provider.label,
          note: 'built in',
          isUsable: true,
        },
      ]
    }
    return connections
      .filter((connection) => connection.provider === provider.id)
      .map(({ id, label, status }) => ({
        backend: provider.id,
        connection_id: id,
        label,
        note:
          status === 'REQUIRES_REAUTH' ? `${provider.label}: sign in again first` : provider.label,
        isUsable: status !== 'REQUIRES_REAUTH',
      }))
  })
}
