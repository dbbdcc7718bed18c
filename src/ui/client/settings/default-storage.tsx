// Where new documents go: the built-in storage, or a drive that can be written to, and the folder in it.
import { useEffect, useState } from 'hono/jsx/dom'
import { slipway, toError, type ApiError } from '../api.ts'
import { Failure } from '../failure.tsx'
import type { Target } from '../files/folder-actions.ts'
import { FolderChooser } from '../files/folder-chooser.tsx'
import type { PageProps } from '../loaded.ts'
import { say } from '../toasts.ts'

interface Choice {
  readonly backend: string
  readonly connection_id: string | null
  readonly label: string
  readonly note: string
  readonly isUsable: boolean
  readonly canCreateFolder: boolean
}

const keyOf = ({ backend, connection_id }: Pick<Choice, 'backend' | 'connection_id'>) =>
  `${backend} ${connection_id ?? ''}`

/** What the API calls the drive. */
const driveOf = ({ backend, connection_id }: Pick<Choice, 'backend' | 'connection_id'>) =>
  connection_id ?? backend

export function DefaultStorage({ loaded, onChange }: PageProps) {
  const { default_storage: stored } = loaded.me
  const current = keyOf(stored)
  const [chosen, setChosen] = useState(current)
  const [folder, setFolder] = useState(folderOf(stored.folder_id))
  const [isAsking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const choices = choicesOf(loaded)
  const choice = choices.find((one) => keyOf(one) === chosen)

  useEffect(() => {
    if (stored.folder_id === null) return
    slipway
      .getItem(driveOf(stored), stored.folder_id)
      .then(({ id, name }) => setFolder((now) => (now?.id === id ? { id, name } : now)))
      // It is called a folder then; that it is gone shows when it is used.
      .catch(() => undefined)
  }, [stored.folder_id])

  const isSaved = chosen === current && (folder?.id ?? null) === stored.folder_id
  const save = (event?: Event) => {
    event?.preventDefault()
    if (busy || choice === undefined || isSaved) return
    const { backend, connection_id, label } = choice
    setBusy(true)
    setFailure(undefined)
    slipway.account
      .setDefaultStorage({
        backend,
        ...(connection_id === null ? {} : { connection_id }),
        ...(folder === undefined ? {} : { folder_id: folder.id }),
      })
      .then(onChange)
      .then(() => say(`New documents go to ${label}${folder ? `, “${folder.name}”` : ''}.`))
      .catch((error: unknown) => setFailure(toError(error)))
      .finally(() => setBusy(false))
  }
  return (
    <>
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
                onChange={() => {
                  setChosen(keyOf(choice))
                  setFolder(keyOf(choice) === current ? folderOf(stored.folder_id) : undefined)
                }}
              />
              <span class="ellipsis" title={choice.label}>
                {choice.label}
              </span>
              {choice.note !== '' && <span class="muted small">{choice.note}</span>}
            </label>
          ))}
        </fieldset>
        {choice?.isUsable && (
          <div class="row">
            <span class="what ellipsis" title={folder?.name}>
              {folder === undefined ? 'At the top of the drive' : `In the folder “${folder.name}”`}
            </span>
            {folder !== undefined && (
              <button type="button" onClick={() => setFolder(undefined)}>
                Use the top
              </button>
            )}
            <button type="button" onClick={() => setAsking(true)}>
              Choose a folder
            </button>
          </div>
        )}
        <div class="row">
          <button class="main" type="submit" aria-disabled={busy || isSaved ? 'true' : undefined}>
            {busy ? 'Saving…' : 'Save'}
          </button>
        </div>
      </form>
      {isAsking && choice && (
        <FolderChooser
          title={`Documents in ${choice.label}`}
          action="Choose this folder"
          connection={driveOf(choice)}
          folder={folder?.id ?? 'root'}
          canCreateFolder={choice.canCreateFolder}
          onChoose={(target) => {
            setFolder(target.id === 'root' ? undefined : target)
            setAsking(false)
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

/** Its name is asked for. */
const folderOf = (id: string | null): Target | undefined =>
  id === null ? undefined : { id, name: 'that was chosen before' }

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
          canCreateFolder: provider.capabilities['create_folder'] === true,
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
        canCreateFolder: provider.capabilities['create_folder'] === true,
      }))
  })
}
