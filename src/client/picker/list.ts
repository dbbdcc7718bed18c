// A list box as the ARIA practices have it: the focus stays on the list, arrows move the mark in it, type-ahead finds names.
import { drawIcon, make, type IconName } from './dom.ts'

export interface Option {
  readonly key: string
  readonly name: string
  /** Shown beside the name, and read with it. */
  readonly note: string
  readonly icon: IconName
  /** Undefined for what is only opened. */
  readonly isSelected: boolean | undefined
}

export interface ListEar {
  /** Enter: open it, or choose it and be done. */
  readonly onEnter: (key: string) => void
  /** Enters what has an inside; of anything else, nothing. */
  readonly onOpen: (key: string) => void
  /** Open it, or choose it. */
  readonly onClick: (key: string) => void
  /** Space, or a click on its box. */
  readonly onToggle: (key: string) => void
  /** Ctrl+A. */
  readonly onAll: () => void
  /** Backspace, or the left arrow. */
  readonly onUp: () => void
  /** The mark has reached the end. */
  readonly onEnd: () => void
}

/** Milliseconds after which typing begins a new word. */
const TYPING_MS = 700
const PAGE = 10

export interface ListBox {
  readonly element: HTMLElement
  /** Shows these options; the mark stays on its key where it is still there. */
  readonly show: (label: string, options: readonly Option[], isMultiple: boolean) => void
  readonly focus: () => void
}

export function createListBox(ear: ListEar): ListBox {
  let options: readonly Option[] = []
  /** Where they are drawn, at the same places. */
  const rows: HTMLElement[] = []
  let marked = ''
  let typed = ''
  let typedAt = 0
  const element = make('ul', { role: 'listbox', tabindex: 0, part: 'list', onkeydown: onKey })

  /** What is pointed at is marked: the keys go on from there. */
  const pointed: ListEar = {
    ...ear,
    onClick: (key) => {
      marked = key
      ear.onClick(key)
    },
    onToggle: (key) => {
      marked = key
      ear.onToggle(key)
    },
  }

  const indexOf = () => options.findIndex(({ key }) => key === marked)

  function mark(index: number): void {
    const next = Math.max(0, Math.min(options.length - 1, index))
    marked = options[next]?.key ?? ''
    showMark(next)
    rows[next]?.scrollIntoView({ block: 'nearest' })
    if (next >= options.length - 1) ear.onEnd()
  }

  function showMark(at: number): void {
    const row = rows[at]
    element.querySelector('[data-marked]')?.removeAttribute('data-marked')
    row?.setAttribute('data-marked', '')
    if (row === undefined) element.removeAttribute('aria-activedescendant')
    else element.setAttribute('aria-activedescendant', row.id)
  }

  /** Of thousands of rows only those that changed are drawn anew. */
  function draw(next: readonly Option[]): void {
    for (const row of rows.splice(next.length)) row.remove()
    for (const [at, option] of next.entries()) {
      const before = options[at]
      const drawn = rows[at]
      if (drawn !== undefined && before !== undefined && isAlike(before, option)) {
        if (before.isSelected !== option.isSelected) setSelected(drawn, option)
        continue
      }
      const fresh = drawRow(option, at, pointed)
      rows[at] = fresh
      if (drawn === undefined) element.append(fresh)
      else drawn.replaceWith(fresh)
    }
    options = next
  }

  function onKey(event: Event): void {
    const { key, ctrlKey, metaKey, altKey } = event as KeyboardEvent
    if (altKey) return
    const at = indexOf()
    const action = act(key, ctrlKey || metaKey, at)
    if (action === undefined) return
    event.preventDefault()
    action()
  }

  function act(key: string, isCommand: boolean, at: number): (() => void) | undefined {
    if (isCommand) return key.toLowerCase() === 'a' ? ear.onAll : undefined
    switch (key) {
      case 'ArrowDown':
        return () => mark(at + 1)
      case 'ArrowUp':
        return () => mark(at - 1)
      case 'Home':
        return () => mark(0)
      case 'End':
        return () => mark(options.length - 1)
      case 'PageDown':
        return () => mark(at + PAGE)
      case 'PageUp':
        return () => mark(at - PAGE)
      case 'Enter':
        return () => (marked === '' ? undefined : ear.onEnter(marked))
      case 'ArrowRight':
        return () => (marked === '' ? undefined : ear.onOpen(marked))
      case 'ArrowLeft':
      case 'Backspace':
        return ear.onUp
      case ' ':
        return () => (isTyping() && begins(`${typed} `) ? find(' ') : ear.onToggle(marked))
      default:
        return key.length === 1 ? () => find(key) : undefined
    }
  }

  const begins = (word: string) => options.some(({ name }) => name.toLowerCase().startsWith(word))
  const isTyping = () => typed !== '' && Date.now() - typedAt < TYPING_MS

  /** The next name that begins with what was typed; the same letter again goes through all of them. */
  function find(character: string): void {
    typed = isTyping() ? typed + character.toLowerCase() : character.toLowerCase()
    typedAt = Date.now()
    const isSame = [...typed].every((one) => one === typed[0])
    const word = isSame ? (typed[0] ?? '') : typed
    const from = indexOf() + (isSame ? 1 : 0)
    const order = [...options.keys()].map((at) => (at + Math.max(0, from)) % options.length)
    const found = order.find((at) => options[at]?.name.toLowerCase().startsWith(word))
    if (found !== undefined) mark(found)
  }

  return {
    element,
    focus: () => element.focus(),
    show: (label, next, isMultiple) => {
      const isNew = !next.some(({ key }) => key === marked)
      element.setAttribute('aria-label', label)
      element.setAttribute('aria-multiselectable', String(isMultiple))
      draw(next)
      if (isNew) {
        marked = next[0]?.key ?? ''
        typed = ''
        element.scrollTop = 0
      }
      showMark(indexOf())
    },
  }
}

/** Whether they differ in nothing but whether they are chosen. */
const isAlike = (one: Option, other: Option) =>
  one.key === other.key &&
  one.name === other.name &&
  one.note === other.note &&
  one.icon === other.icon &&
  (one.isSelected === undefined) === (other.isSelected === undefined)

const tickOf = ({ isSelected }: Option) => (isSelected ? '✓' : '')

function setSelected(row: HTMLElement, option: Option): void {
  row.setAttribute('aria-selected', String(option.isSelected === true))
  const box = row.querySelector('.box')
  if (box !== null) box.textContent = tickOf(option)
}

function drawRow(option: Option, at: number, ear: ListEar): HTMLElement {
  const { key, name, note, icon, isSelected } = option
  const toggle = (event: Event) => {
    event.stopPropagation()
    ear.onToggle(key)
  }
  return make(
    'li',
    {
      id: `option-${at}`,
      role: 'option',
      part: 'option',
      'aria-selected': String(isSelected === true),
      'data-name': name,
      onclick: () => ear.onClick(key),
    },
    isSelected !== undefined &&
      make('span', { class: 'box', 'aria-hidden': 'true', onclick: toggle }, tickOf(option)),
    drawIcon(icon),
    make('span', { class: 'name', title: name }, name),
    note !== '' && make('span', { class: 'note' }, note),
  )
}
