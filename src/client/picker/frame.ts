// What is around the picker's list: heading, path, messages, what can be connected, and the buttons at the end.
import { make } from './dom.ts'

export interface FrameEar {
  readonly onPick: () => void
  readonly onCancel: () => void
  readonly onMore: () => void
  /** The folder that is open is what was wanted. */
  readonly onHere: () => void
  /** Escape, in a form. */
  readonly onBack: () => void
}

export interface FrameState {
  readonly label: string
  /** From the top to where the person is: the last one has no way to go. */
  readonly path: readonly { readonly name: string; readonly onClick: (() => void) | undefined }[]
  readonly isEmpty: boolean
  readonly emptyText: string
  readonly canMore: boolean
  readonly chosen: number
  /** Whether the folder that is open can be chosen itself. */
  readonly canPickHere: boolean
  /** What could be connected. */
  readonly connects: readonly { readonly label: string; readonly onClick: () => void }[]
}

export interface Frame {
  readonly element: HTMLElement
  readonly show: (state: FrameState) => void
  /** Tells what is going on; nothing, when it is empty. */
  readonly say: (text: string) => void
  readonly says: (text: string) => boolean
  /** Shows what went wrong, and the button that leads on. */
  readonly fail: (text: string, action: HTMLElement) => void
  /** Shows a form instead of the list, until the next `show`. */
  readonly ask: (title: string, form: HTMLElement) => void
  /** Whether there is a form. */
  readonly isAsking: () => boolean
  readonly isEmpty: () => boolean
  /** Takes the focus where there is no list. */
  readonly focus: () => void
}

export function createFrame(list: HTMLElement, ear: FrameEar): Frame {
  const heading = make('h2', { part: 'heading', id: 'heading' })
  const path = make('ol')
  const nav = make('nav', { 'aria-label': 'Path', part: 'path' }, path)
  const status = make('p', { role: 'status', class: 'muted', part: 'message' })
  const alert = make('div', { role: 'alert', class: 'error row', part: 'message' })
  const empty = make('p', { tabindex: -1, class: 'muted', part: 'message' })
  const more = make('button', { type: 'button', onclick: ear.onMore }, 'Show more')
  const connects = make('div', { class: 'row', role: 'group', 'aria-label': 'Connect a drive' })
  const asked = make('div')
  const body = make('div', { class: 'body' }, list, empty, more, connects, asked)
  const count = make('span', { class: 'grow muted', role: 'status' })
  const pick = make('button', { type: 'button', class: 'main', part: 'main', onclick: ear.onPick })
  const cancel = make('button', { type: 'button', onclick: ear.onCancel }, 'Cancel')
  const here = make('button', { type: 'button', onclick: ear.onHere }, 'Choose this folder')
  const footer = make('div', { class: 'row end', part: 'footer' }, count, cancel, here, pick)
  const element = make(
    'div',
    {
      class: 'frame',
      part: 'frame',
      role: 'group',
      'aria-labelledby': 'heading',
      onkeydown: (event) => {
        if ((event as KeyboardEvent).key !== 'Escape') return
        event.preventDefault()
        if (asked.childElementCount > 0) ear.onBack()
        else ear.onCancel()
      },
    },
    ...[heading, nav, status, alert, body, footer],
  )
  pick.textContent = 'Choose'

  return {
    element,
    show: (state) => {
      heading.textContent = state.label
      nav.hidden = state.path.length === 0
      path.replaceChildren(...state.path.map(crumb))
      alert.replaceChildren()
      asked.replaceChildren()
      list.hidden = state.isEmpty
      empty.hidden = !state.isEmpty
      empty.textContent = state.emptyText
      more.hidden = !state.canMore
      connects.hidden = state.connects.length === 0
      connects.replaceChildren(...state.connects.map(connectButton))
      footer.hidden = false
      pick.disabled = state.chosen === 0
      here.hidden = !state.canPickHere
      count.textContent = state.chosen === 0 ? '' : `${state.chosen} chosen`
    },
    say: (text) => {
      alert.replaceChildren()
      status.textContent = text
    },
    says: (text) => status.textContent === text,
    fail: (text, action) => {
      status.textContent = ''
      alert.replaceChildren(make('span', { class: 'grow' }, text), action)
    },
    ask: (title, form) => {
      heading.textContent = title
      status.textContent = ''
      alert.replaceChildren()
      for (const part of [list, empty, more, connects, footer, nav]) part.hidden = true
      asked.replaceChildren(form)
      form.querySelector('input')?.focus()
    },
    isAsking: () => asked.childElementCount > 0,
    isEmpty: () => list.hidden,
    focus: () => empty.focus(),
  }
}

function crumb({ name, onClick }: FrameState['path'][number]): HTMLElement {
  const inside =
    onClick === undefined
      ? make('span', { 'aria-current': 'page', title: name }, name)
      : make('button', { type: 'button', onclick: onClick, title: name }, name)
  return make('li', {}, inside)
}

function connectButton({ label, onClick }: FrameState['connects'][number]): HTMLElement {
  return make('button', { type: 'button', onclick: onClick }, `Connect ${label}`)
}
