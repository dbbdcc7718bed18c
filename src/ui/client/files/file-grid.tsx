// The list of a folder's items, or of what a search found: whole with the keyboard alone, and as long as the provider's.
import { useLayoutEffect, useRef, type RefObject } from 'hono/jsx/dom'
import type { Item } from '../api.ts'
import { TickIcon } from '../icons.tsx'
import { FileRow, type RowAct } from './file-row.tsx'
import type { FolderView, ViewState } from './folder-view.ts'
import { createTypeAhead, readKey, type Command } from './grid-keys.ts'
import { all, extend, NOTHING, only, toggle, type Selection } from './selection.ts'
import { useVirtualRows } from './virtual-rows.ts'

export interface FileGridProps {
  readonly connection: string
  readonly label: string
  readonly view: FolderView
  readonly state: ViewState
  readonly canUpdate: boolean
  readonly canRemove: boolean
  readonly showsPlace: boolean
  readonly selection: Selection
  readonly active: string | undefined
  readonly onSelect: (selection: Selection) => void
  readonly onActive: (id: string) => void
  /** `at` is what the answer to it stands beside. */
  readonly onAct: (act: Exclude<RowAct, 'select'>, item: Item, at: MenuPlace) => void
  /** Gets a way to put the focus on the row where the person is. */
  readonly focus: RefObject<() => void>
}

/** Where a menu opens: beside an element, or at a point of the window. */
export type MenuPlace = HTMLElement | { readonly x: number; readonly y: number }

/** How many rows before the end the next page is asked for. */
const NEAR = 25

export function FileGrid(props: FileGridProps) {
  const { connection, label, view, state, selection, onSelect, onActive, onAct } = props
  const { items } = state
  const list = useRef<HTMLDivElement>(null)
  const typeAhead = useRef(createTypeAhead())
  const lastIndex = useRef(0)
  const wantsFocus = useRef(false)
  /** The End key goes to the end of the folder, not of what happens to be loaded. */
  const wantsEnd = useRef(false)

  const found = items.findIndex(({ id }) => id === props.active)
  // What had the focus may be gone: what took its place has it then.
  const index = found >= 0 ? found : Math.min(lastIndex.current ?? 0, items.length - 1)
  lastIndex.current = Math.max(0, index)
  const active = items[index]?.id
  const order = items.map(({ id }) => id)
  const virtual = useVirtualRows(list as RefObject<HTMLElement>, items.length, index)
  const { rows, height, rowHeight } = virtual

  const hadFocus = list.current?.contains(document.activeElement) === true
  useLayoutEffect(() => {
    const isLost = hadFocus && document.activeElement === document.body
    if (!wantsFocus.current && !isLost) return
    wantsFocus.current = false
    const row = list.current?.querySelector<HTMLElement>('[role=row][tabindex="0"]')
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  })
  const goTo = (to: number) => {
    const item = items[to]
    if (item === undefined) return
    wantsFocus.current = true
    onActive(item.id)
    // It may be the one already.
    if (item.id === active) {
      const row = list.current?.querySelector<HTMLElement>('[role=row][tabindex="0"]')
      row?.focus({ preventScroll: true })
      row?.scrollIntoView({ block: 'nearest' })
      wantsFocus.current = false
    }
  }
  props.focus.current = () => goTo(index)

  const lastShown = rows.at(-1)?.index ?? 0
  const isNear = lastShown >= items.length - NEAR || wantsEnd.current === true
  useLayoutEffect(() => {
    if (isNear && state.hasMore && !state.isBusy && state.moreFailure === undefined) view.more()
    if (wantsEnd.current && index < items.length - 1) goTo(items.length - 1)
    if (!state.hasMore || state.moreFailure !== undefined) wantsEnd.current = false
  }, [isNear, state])

  const obey = (command: Command, row: HTMLElement): boolean => {
    const id = items[index]?.id
    const item = items[index]
    if (id === undefined || item === undefined) return false
    switch (command.kind) {
      case 'go': {
        wantsEnd.current = command.to === items.length - 1 && state.hasMore
        const to = order[command.to]
        if (command.extends && to !== undefined) onSelect(extend(selection, order, to, id))
        goTo(command.to)
        if (wantsEnd.current) view.more()
        return true
      }
      case 'into':
      case 'out':
        return moveInside(row, command.kind === 'into' ? 1 : -1)
      case 'open':
        row.querySelector<HTMLElement>('[data-open]')?.click()
        return true
      case 'toggle':
        onSelect(toggle(selection, id))
        return true
      case 'extend':
        onSelect(extend(selection, order, id))
        return true
      case 'all':
        onSelect(all(order))
        return true
      case 'clear':
        if (selection.ids.size === 0) return false
        onSelect(NOTHING)
        return true
      case 'delete':
      case 'rename':
        onAct(command.kind, item, row)
        return true
      case 'type': {
        const names = items.map(({ name }) => name)
        const to = typeAhead.current?.(names, index, command.letter)
        if (to !== undefined) goTo(to)
        return true
      }
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rowOf(event.target)
    if (row === undefined) return
    const page = Math.max(1, Math.floor(window.innerHeight / rowHeight) - 2)
    const isOnRow = event.target === row
    const command = readKey(event, { index, count: items.length, page, isOnRow })
    if (command?.kind !== 'go') wantsEnd.current = false
    if (command !== undefined && obey(command, row)) event.preventDefault()
  }

  const itemOf = (row: HTMLElement | undefined) => items.find(({ id }) => id === row?.dataset['id'])
  const onClick = (event: MouseEvent) => {
    const row = rowOf(event.target)
    const item = itemOf(row)
    if (row === undefined || item === undefined) return
    const { id } = item
    const control = (event.target as Element).closest<HTMLElement>('[data-act]')
    const act = control?.dataset['act'] as RowAct | undefined
    if (control !== null && act !== undefined && act !== 'select') return onAct(act, item, control)
    const isLink = (event.target as Element).closest('a') !== null
    if (event.shiftKey) {
      event.preventDefault()
      return onSelect(extend(selection, order, id))
    }
    if (event.ctrlKey || event.metaKey || act === 'select') {
      event.preventDefault()
      return onSelect(toggle(selection, id))
    }
    if (!isLink) onSelect(only(id))
    else if ((event.target as Element).closest('[data-open]') !== null && view.isPending(id)) {
      event.preventDefault()
      openLater(view, id, row)
    }
  }
  const onContextMenu = (event: MouseEvent) => {
    const row = rowOf(event.target)
    const item = itemOf(row)
    // With Shift the browser's own menu comes.
    if (row === undefined || item === undefined || event.shiftKey) return
    event.preventDefault()
    // The key for it names no point.
    const isByKey = event.button !== 2
    onAct('menu', item, isByKey ? row : { x: event.clientX, y: event.clientY })
  }

  const chosen = order.filter((id) => selection.ids.has(id)).length
  const checked = chosen === 0 ? 'false' : chosen === items.length ? 'true' : 'mixed'
  return (
    <div
      role="grid"
      class="file-grid"
      aria-label={label}
      aria-multiselectable="true"
      aria-rowcount={state.hasMore ? -1 : items.length + 1}
      aria-describedby="files-keys"
    >
      <div role="rowgroup">
        <div role="row" class="file-head" aria-rowindex={1}>
          <div role="columnheader" class="pick">
            <button
              role="checkbox"
              class="plain box"
              aria-checked={checked}
              aria-label="Select all"
              onClick={() => onSelect(checked === 'true' ? NOTHING : all(order))}
            >
              <TickIcon />
            </button>
          </div>
          <div role="columnheader">Name</div>
          <div role="columnheader" class="size">
            Size
          </div>
          <div role="columnheader" class="time">
            Changed
          </div>
          <div role="columnheader" class="acts">
            <span class="visually-hidden">Actions</span>
          </div>
        </div>
      </div>
      <div
        ref={list}
        role="rowgroup"
        class="file-rows"
        style={`height:${height}px`}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onContextMenu={onContextMenu}
        onMouseDown={(event: MouseEvent) => {
          wantsEnd.current = false
          // Otherwise the text between is marked.
          if (event.shiftKey) event.preventDefault()
        }}
        onFocusIn={(event: FocusEvent) => {
          const id = rowOf(event.target)?.dataset['id']
          if (id !== undefined && id !== props.active) onActive(id)
        }}
      >
        {rows.map(({ index: at, top }) => {
          const item = items[at]
          if (item === undefined) return null
          return (
            <FileRow
              key={view.keyOf(item.id)}
              connection={connection}
              item={item}
              index={at}
              top={top}
              height={rowHeight}
              isSelected={selection.ids.has(item.id)}
              isActive={item.id === active}
              canUpdate={props.canUpdate}
              canRemove={props.canRemove}
              showsPlace={props.showsPlace}
            />
          )
        })}
      </div>
    </div>
  )
}

const rowOf = (target: EventTarget | null) =>
  (target as Element | null)?.closest<HTMLElement>('[role=row][data-id]') ?? undefined

/** Opens an item as soon as its change is settled: until then nobody knows what its id will be. */
function openLater(view: FolderView, id: string, row: HTMLElement): void {
  const stop = view.watch(() => {
    if (view.isPending(id)) return
    stop()
    // The row stays the same, and has the new address once it is drawn.
    setTimeout(() => row.isConnected && row.querySelector<HTMLElement>('[data-open]')?.click())
  })
}

/** Moves the focus among what a row holds; before the first of it is the row. */
function moveInside(row: HTMLElement, step: 1 | -1): boolean {
  const controls = [...row.querySelectorAll<HTMLElement>('a, button')].filter(
    (control) => control.offsetParent !== null,
  )
  const at = controls.indexOf(document.activeElement as HTMLElement) + step
  const next = at < 0 ? row : controls[at]
  next?.focus()
  return next !== undefined
}
