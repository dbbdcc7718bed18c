// What can be done with what is chosen; at the window's bottom, so that nothing moves under the pointer when it comes.
import type { Item } from '../api.ts'
import { formatSize } from '../format.ts'

interface SelectionBarProps {
  readonly items: readonly Item[]
  /** Whether the list has more than is loaded. */
  readonly hasMore: boolean
  readonly canUpdate: boolean
  readonly canRemove: boolean
  readonly onAct: (act: 'download' | 'import' | 'move' | 'delete') => void
  readonly onClear: () => void
}

export function SelectionBar(props: SelectionBarProps) {
  const { items, hasMore, canUpdate, canRemove, onAct } = props
  // Without anything chosen it is there for screen readers alone: a region that comes with its text is not read out.
  return (
    <div
      class={items.length === 0 ? 'selection-bar none' : 'selection-bar'}
      role={items.length === 0 ? undefined : 'region'}
      onKeyDown={(event: KeyboardEvent) => event.key === 'Escape' && props.onClear()}
      aria-label={items.length === 0 ? undefined : 'Selection'}
    >
      <p role="status">{items.length === 0 ? '' : describeSelection(items, hasMore)}</p>
      {items.length > 0 && (
        <div class="row">
          {items.some(isDownloadable) && (
            <button onClick={() => onAct('download')}>Download</button>
          )}
          <button onClick={() => onAct('import')}>Import</button>
          {canUpdate && items.some(isFree) && <button onClick={() => onAct('move')}>Move</button>}
          {canRemove && items.some(isFree) && (
            <button class="danger" onClick={() => onAct('delete')}>
              Delete
            </button>
          )}
          <button class="plain" onClick={props.onClear}>
            Clear
          </button>
        </div>
      )}
    </div>
  )
}

/** Whether it has a content of its own. */
export const isDownloadable = ({ is_folder, exportable_as }: Item) =>
  exportable_as === undefined ? !is_folder : exportable_as.length > 0

/** Not a part of the drive itself. */
export const isFree = ({ is_fixed }: Item) => is_fixed !== true

function describeSelection(items: readonly Item[], hasMore: boolean): string {
  const sizes = items.map(({ size }) => size).filter((size) => size !== null)
  const count = `${items.length} ${hasMore ? 'of what is loaded ' : ''}selected`
  if (sizes.length === 0) return count
  const sum = formatSize(sizes.reduce((one, other) => one + other, 0))
  // Folders do not say how much is in them.
  return `${count} · ${sizes.length < items.length ? 'at least ' : ''}${sum}`
}
