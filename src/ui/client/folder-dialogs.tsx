// The questions of the file browser: a new folder's name, an item's new name, whether to delete, where to, in which format.
import { useState } from 'hono/jsx/dom'
import { call, connectionPath, toError, type ApiError, type Item } from './api.ts'
import { ConfirmDialog, FormDialog } from './dialog.tsx'
import type { Target } from './files/folder-actions.ts'
import { FolderChooser } from './files/folder-chooser.tsx'
import { FormatDialog } from './format-dialog.tsx'
import { ImportDialog } from './imports/import-dialog.tsx'

export type Question =
  | { readonly kind: 'folder' }
  | {
      readonly kind: 'rename'
      readonly item: Item
      /** What was refused, and why. */
      readonly refused?: { readonly name: string; readonly error: ApiError }
    }
  | { readonly kind: 'delete'; readonly items: readonly Item[] }
  | { readonly kind: 'move'; readonly items: readonly Item[] }
  | { readonly kind: 'import'; readonly items: readonly Item[] }
  | { readonly kind: 'download'; readonly item: Item }

interface FolderDialogProps {
  readonly question: Question
  readonly connection: string
  readonly folder: string
  /** The folder that all of the items are in; undefined for what a search found. */
  readonly source: string | undefined
  readonly canCreateFolder: boolean
  /** Whether it is the default storage, which has no bin. */
  readonly isBuiltIn: boolean
  /** Where the drive can be renewed on the spot. */
  readonly onReconnect: (() => void) | undefined
  readonly onFolder: (folder: Item) => void
  readonly onRename: (item: Item, name: string) => void
  readonly onDelete: (items: readonly Item[]) => void
  readonly onMove: (items: readonly Item[], target: Target) => void
  readonly onClose: () => void
}

export function FolderDialog(props: FolderDialogProps) {
  const { question, connection, folder, onClose } = props
  switch (question.kind) {
    case 'folder':
      return <NewFolderDialog {...props} parent={folder} />
    case 'download':
      return <FormatDialog connection={connection} item={question.item} onClose={onClose} />
    case 'import':
      return (
        <ImportDialog
          connection={connection}
          items={question.items}
          onReconnect={props.onReconnect}
          onClose={onClose}
        />
      )
    case 'move': {
      const { items } = question
      const what = items.length === 1 ? (items[0]?.name ?? '') : `${items.length} items`
      return (
        <FolderChooser
          title={`Move ${what}`}
          action="Move here"
          connection={connection}
          folder={folder}
          except={props.source}
          // They cannot be moved into themselves.
          closed={items}
          canCreateFolder={props.canCreateFolder}
          onChoose={(target) => props.onMove(items, target)}
          onClose={onClose}
        />
      )
    }
    case 'delete': {
      const { items } = question
      const what = items.length === 1 ? (items[0]?.name ?? '') : `${items.length} items`
      return (
        <ConfirmDialog
          title={`Delete ${what}?`}
          text={
            props.isBuiltIn
              ? 'This cannot be undone.'
              : `Where the provider has a bin, ${items.length === 1 ? 'it goes' : 'they go'} there.`
          }
          action="Delete"
          onConfirm={() => props.onDelete(items)}
          onClose={onClose}
        />
      )
    }
    case 'rename': {
      const { item, refused } = question
      return (
        <FormDialog
          title={`Rename ${item.name}`}
          fields={[nameField(refused?.name ?? item.name)]}
          action="Rename"
          busy={false}
          error={refused?.error}
          onSubmit={({ name = '' }) => props.onRename(item, name)}
          onClose={onClose}
        />
      )
    }
  }
}

const nameField = (value: string) =>
  ({ name: 'name', label: 'Name', type: 'text', required: true, value }) as const

interface NewFolderDialogProps {
  readonly connection: string
  /** The folder in which it will be. */
  readonly parent: string
  readonly onFolder: (folder: Item) => void
  readonly onClose: () => void
}

/** Asks for a name and makes the folder; it stays open until the provider has made it. */
export function NewFolderDialog({ connection, parent, onFolder, onClose }: NewFolderDialogProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const submit = ({ name = '' }: Readonly<Record<string, string>>) => {
    setBusy(true)
    setError(undefined)
    const path = `${connectionPath(connection)}/folders`
    call<Item>(path, 'POST', { parent_id: parent, name }).then(onFolder, (cause: unknown) => {
      setBusy(false)
      setError(toError(cause))
    })
  }
  return (
    <FormDialog
      title="New folder"
      fields={[nameField('')]}
      action="Create"
      busy={busy}
      error={error}
      onSubmit={submit}
      onClose={onClose}
    />
  )
}
