// One item in the list: its box, its name as a link, and what can be done with it.
import { memo } from 'hono/jsx/dom'
import { contentPath, type Item } from '../api.ts'
import { formatSize, formatTime } from '../format.ts'
import {
  BinIcon,
  DotsIcon,
  DownloadIcon,
  FileIcon,
  FolderIcon,
  PencilIcon,
  TickIcon,
} from '../icons.tsx'
import { Whereabouts } from './whereabouts.tsx'

/** What a control of a row asks for; the list reads it from `data-act`. */
export type RowAct = 'select' | 'rename' | 'delete' | 'download' | 'menu'

export interface FileRowProps {
  readonly connection: string
  readonly item: Item
  readonly index: number
  /** Pixels below the first row's top. */
  readonly top: number
  readonly height: number
  readonly isSelected: boolean
  readonly isActive: boolean
  readonly canUpdate: boolean
  readonly canRemove: boolean
  /** Whether the folder is shown in which it is. */
  readonly showsPlace: boolean
}

/** Rows are drawn again with every step of the wheel: only those that changed are. */
export const FileRow = memo((props: FileRowProps) => {
  const { connection, item, index, top, height, isSelected, isActive, showsPlace } = props
  return (
    <div
      role="row"
      class={isSelected ? 'file-row chosen' : 'file-row'}
      style={`top:${top}px;height:${height}px`}
      data-id={item.id}
      data-item={item.name}
      aria-rowindex={index + 2}
      aria-selected={isSelected ? 'true' : 'false'}
      aria-label={announce(item)}
      tabIndex={isActive ? 0 : -1}
    >
      <div role="gridcell" class="pick">
        <button
          role="checkbox"
          class="plain box"
          aria-checked={isSelected ? 'true' : 'false'}
          aria-label={`Select ${item.name}`}
          data-act="select"
          tabIndex={-1}
        >
          <TickIcon />
        </button>
      </div>
      <div role="rowheader" class="name">
        <ItemName connection={connection} item={item} />
        {showsPlace && <Whereabouts connection={connection} item={item} />}
        <p class="meta">{describe(item)}</p>
      </div>
      <div role="gridcell" class="num size">
        {formatSize(item.size)}
      </div>
      <div role="gridcell" class="num time">
        {formatTime(item.modified_at)}
      </div>
      <div role="gridcell" class="acts">
        <RowActions {...props} />
      </div>
    </div>
  )
})

/** The columns' content in one line, for windows too narrow for columns. */
export function describe({ size, modified_at }: Item): string {
  return [formatSize(size), formatTime(modified_at)].filter((part) => part !== '').join(' · ')
}

function announce(item: Item): string {
  const kind = item.is_folder ? 'folder' : 'file'
  const parts = [item.name, kind, formatSize(item.size), formatTime(item.modified_at)]
  return parts.filter((part) => part !== '').join(', ')
}

function ItemName({ connection, item }: { readonly connection: string; readonly item: Item }) {
  const { id, name } = item
  const label = (
    <>
      {item.is_folder ? <FolderIcon /> : <FileIcon />}
      {/* A name has its own direction, whatever is beside it. */}
      <bdi class="ellipsis">{name}</bdi>
    </>
  )
  if (item.is_folder) {
    return (
      <a href={folderPlace(connection, id)} title={name} data-open tabIndex={-1}>
        {label}
      </a>
    )
  }
  // Nothing can be made of it, such as a form or a notebook.
  if (item.exportable_as?.length === 0) return <div title={name}>{label}</div>
  return (
    <a href={contentPath(connection, id)} download title={name} data-open tabIndex={-1}>
      {label}
    </a>
  )
}

export const folderPlace = (connection: string, folder: string) =>
  `#/${encodeURIComponent(connection)}/${encodeURIComponent(folder)}`

function RowActions({ connection, item, canUpdate, canRemove }: FileRowProps) {
  const { name } = item
  return (
    <>
      <DownloadAction connection={connection} item={item} />
      {canUpdate && !item.is_fixed && (
        <button
          class="plain wide-only"
          aria-label={`Rename ${name}`}
          title="Rename"
          data-act="rename"
          tabIndex={-1}
        >
          <PencilIcon />
        </button>
      )}
      {canRemove && !item.is_fixed && (
        <button
          class="plain danger wide-only"
          aria-label={`Delete ${name}`}
          title="Delete"
          data-act="delete"
          tabIndex={-1}
        >
          <BinIcon />
        </button>
      )}
      <button
        class="plain"
        aria-label={`Actions for ${name}`}
        title="More actions"
        aria-haspopup="menu"
        data-act="menu"
        tabIndex={-1}
      >
        <DotsIcon />
      </button>
    </>
  )
}

interface DownloadActionProps {
  readonly connection: string
  readonly item: Item
}

/** Where the name does not do it: of a folder that has a text of its own, and of what comes in several formats. */
function DownloadAction({ connection, item }: DownloadActionProps) {
  const formats = item.exportable_as?.length ?? 0
  const label = `Download ${item.name}`
  if (formats > 1) {
    return (
      <button
        class="plain wide-only"
        aria-label={label}
        title="Download"
        data-act="download"
        tabIndex={-1}
      >
        <DownloadIcon />
      </button>
    )
  }
  if (formats === 0 || !item.is_folder) return null
  return (
    <a
      class="button plain wide-only"
      href={contentPath(connection, item.id)}
      download
      aria-label={label}
      title="Download"
      tabIndex={-1}
    >
      <DownloadIcon />
    </a>
  )
}
