// The rows of a folder.
import { contentPath, type Item, type Listing } from './api.ts'
import { formatSize, formatTime } from './format.ts'
import type { Question } from './folder-dialogs.tsx'
import { BinIcon, DownloadIcon, FileIcon, FolderIcon, PencilIcon } from './icons.tsx'

interface FileTableProps {
  readonly connection: string
  readonly listing: Listing
  readonly capabilities: Readonly<Record<string, boolean>>
  /** Whether the next page is on its way. */
  readonly busy: boolean
  readonly onMore: () => void
  readonly onQuestion: (question: Question) => void
}

export function FileTable(props: FileTableProps) {
  const { connection, listing, capabilities, busy, onMore, onQuestion } = props
  if (listing.items.length === 0 && listing.next_cursor === null) {
    return <p class="empty">This folder is empty.</p>
  }
  return (
    <div>
      <table class="files">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Size</th>
            <th scope="col">Changed</th>
            <th scope="col">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {listing.items.map((item) => (
            <tr key={item.id} data-item={item.name}>
              <td class="name">
                <ItemLink connection={connection} item={item} />
                <p class="meta">{describe(item)}</p>
              </td>
              <td class="num">{formatSize(item.size)}</td>
              <td class="num">{formatTime(item.modified_at)}</td>
              <td class="acts">
                <DownloadAction
                  connection={connection}
                  item={item}
                  onChoose={() => onQuestion({ kind: 'download', item })}
                />
                {capabilities['update'] && !item.is_fixed && (
                  <button
                    class="plain"
                    aria-label={`Rename ${item.name}`}
                    title="Rename"
                    onClick={() => onQuestion({ kind: 'rename', item })}
                  >
                    <PencilIcon />
                  </button>
                )}
                {capabilities['remove'] && !item.is_fixed && (
                  <button
                    class="plain danger"
                    aria-label={`Delete ${item.name}`}
                    title="Delete"
                    onClick={() => onQuestion({ kind: 'delete', item })}
                  >
                    <BinIcon />
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {listing.next_cursor !== null && (
        <p class="empty">
          <button aria-disabled={busy ? 'true' : undefined} onClick={() => !busy && onMore()}>
            {busy ? 'Loading…' : 'Load more'}
          </button>
        </p>
      )}
    </div>
  )
}

/** The columns' content in one line, for windows too narrow for columns. */
function describe({ size, modified_at }: Item): string {
  return [formatSize(size), formatTime(modified_at)].filter((part) => part !== '').join(' · ')
}

function ItemLink({ connection, item }: { readonly connection: string; readonly item: Item }) {
  if (item.is_folder) {
    return (
      <a
        href={`#/${encodeURIComponent(connection)}/${encodeURIComponent(item.id)}`}
        title={item.name}
      >
        <FolderIcon />
        <span>{item.name}</span>
      </a>
    )
  }
  // Nothing can be made of it, such as a form or a notebook.
  if (item.exportable_as?.length === 0) {
    return (
      <div title={item.name}>
        <FileIcon />
        <span>{item.name}</span>
      </div>
    )
  }
  return (
    <a href={contentPath(connection, item.id)} download title={item.name}>
      <FileIcon />
      <span>{item.name}</span>
    </a>
  )
}

interface DownloadActionProps {
  readonly connection: string
  readonly item: Item
  readonly onChoose: () => void
}

/** Where the name does not do it: of a folder that has a text of its own, and of what comes in several formats. */
function DownloadAction({ connection, item, onChoose }: DownloadActionProps) {
  const formats = item.exportable_as?.length ?? 0
  const label = `Download ${item.name}`
  if (formats > 1) {
    return (
      <button class="plain" aria-label={label} title="Download" onClick={onChoose}>
        <DownloadIcon />
      </button>
    )
  }
  if (formats === 0 || !item.is_folder) return null
  return (
    <a
      class="button plain"
      href={contentPath(connection, item.id)}
      download
      aria-label={label}
      title="Download"
    >
      <DownloadIcon />
    </a>
  )
}
