// What can be done with an item, or with all that are chosen, as a menu: for narrow windows, the menu key and the pointer's second button.
import { useEffect, useRef } from 'hono/jsx/dom'
import type { Item } from '../api.ts'
import type { MenuPlace } from './file-grid.tsx'
import type { MenuEntry } from './menu.ts'
import { isDownloadable, isFree } from './selection-bar.tsx'

export type MenuAct = 'open' | 'download' | 'import' | 'rename' | 'move' | 'delete'

interface RowMenuProps {
  readonly items: readonly Item[]
  readonly at: MenuPlace
  readonly canUpdate: boolean
  readonly canRemove: boolean
  readonly onAct: (act: MenuAct) => void
  /** Called first, then the choice. */
  readonly onClose: () => void
}

export function RowMenu({ items, at, canUpdate, canRemove, onAct, onClose }: RowMenuProps) {
  const host = useRef<HTMLDivElement>(null)
  const chosen = useRef<MenuAct | undefined>(undefined)
  useEffect(() => {
    let isGone = false
    let close = () => undefined as void
    void import('./menu.ts').then(({ openMenu }) => {
      if (isGone || host.current === null) return
      const only = items.length === 1 ? items[0]?.name : undefined
      close = openMenu({
        host: host.current,
        label: `Actions for ${only ?? `${items.length} items`}`,
        entries: entriesOf(items, canUpdate, canRemove),
        rect: rectOf(at),
        onSelect: (value) => {
          chosen.current = value as MenuAct
        },
        onClose: () => {
          // A dialog that comes now gives the focus back there.
          if (at instanceof HTMLElement && at.isConnected) at.focus()
          onClose()
          if (chosen.current) onAct(chosen.current)
        },
      })
    }, onClose)
    return () => {
      isGone = true
      close()
    }
  }, [])
  return <div ref={host} />
}

function entriesOf(items: readonly Item[], canUpdate: boolean, canRemove: boolean): MenuEntry[] {
  const [item] = items
  const isOne = items.length === 1
  const isAnyFree = items.some(isFree)
  const entries: (MenuEntry & { readonly value: MenuAct; readonly when: boolean })[] = [
    { value: 'open', label: 'Open', when: isOne && item?.is_folder === true },
    { value: 'download', label: 'Download', when: items.some(isDownloadable) },
    { value: 'import', label: 'Import', when: true },
    { value: 'rename', label: 'Rename', when: isOne && canUpdate && isAnyFree },
    { value: 'move', label: 'Move', when: canUpdate && isAnyFree },
    { value: 'delete', label: 'Delete', isDanger: true, when: canRemove && isAnyFree },
  ]
  return entries.filter(({ when }) => when)
}

function rectOf(at: MenuPlace) {
  if (!(at instanceof HTMLElement)) return { ...at, width: 0, height: 0 }
  const { x, y, width, height } = at.getBoundingClientRect()
  return { x, y, width, height }
}
