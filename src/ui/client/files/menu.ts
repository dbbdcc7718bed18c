// A menu at a place of the window, on Zag.js; loaded when the first one is opened.
import * as zag from '@zag-js/menu'
import { normalizeProps, spreadProps, VanillaMachine } from '@zag-js/vanilla'

export interface MenuEntry {
  readonly value: string
  readonly label: string
  readonly isDanger?: boolean
}

export interface MenuOptions {
  /** Where it is put in the page; nothing else is in there. */
  readonly host: HTMLElement
  readonly label: string
  readonly entries: readonly MenuEntry[]
  /** What it opens beside, in pixels of the window. */
  readonly rect: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }
  readonly onSelect: (value: string) => void
  /** Called once, after a choice as well. */
  readonly onClose: () => void
}

/** Opens it with the focus in it. Returns how to take it away. */
export function openMenu(options: MenuOptions): () => void {
  const { host, label, entries, rect, onSelect, onClose } = options
  const positioner = document.createElement('div')
  const content = document.createElement('div')
  content.className = 'popup-menu'
  positioner.append(content)
  const elements = entries.map(({ value, label: text, isDanger }) => {
    const element = document.createElement('div')
    element.className = isDanger ? 'menu-entry danger' : 'menu-entry'
    element.textContent = text
    content.append(element)
    return { value, element }
  })
  host.append(positioner)

  const machine = new VanillaMachine(zag.machine, {
    id: 'row',
    'aria-label': label,
    defaultOpen: true,
    loopFocus: true,
    positioning: {
      placement: 'bottom-end',
      strategy: 'fixed',
      gutter: 4,
      getAnchorRect: () => rect,
    },
    onSelect: ({ value }) => onSelect(value),
    onOpenChange: ({ open }) => {
      if (!open) close()
    },
  })
  const draw = () => {
    const api = zag.connect(machine.service, normalizeProps)
    spreadProps(positioner, api.getPositionerProps())
    spreadProps(content, api.getContentProps())
    for (const { value, element } of elements) spreadProps(element, api.getItemProps({ value }))
  }
  let isOver = false
  const close = () => {
    if (isOver) return
    isOver = true
    window.removeEventListener('hashchange', close)
    // The machine is still at its step.
    queueMicrotask(() => {
      machine.stop()
      positioner.remove()
      onClose()
    })
  }
  draw()
  machine.subscribe(draw)
  machine.start()
  window.addEventListener('hashchange', close)
  return close
}
