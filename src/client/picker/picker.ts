// <slipway-picker>: a person's drives in a page of any kind, to choose files from; complete by keyboard, and safe under any policy.
import {
  createSlipway,
  SlipwayError,
  type Connection,
  type Item,
  type Provider,
  type Slipway,
  type SlipwayOptions,
} from '../slipway.ts'
import { canChoose, choiceOf } from './accept.ts'
import { connectForm } from './connect-form.ts'
import { make } from './dom.ts'
import { loadDrives, type Drive, type Drives } from './drives.ts'
import { openFolder, readMore, type OpenFolder } from './folder.ts'
import type { SlipwayPick } from './events.ts'
import { createFrame } from './frame.ts'
import { createListBox } from './list.ts'
import { createSelection } from './selection.ts'
import { pickerSheet } from './styles.ts'
import { failureOf, viewOf } from './view.ts'
import { createWork } from './work.ts'

export type { SlipwayPick } from './events.ts'

/**
 * Attributes: `base-url` (where the API is), `accept` (as of an input: `.pdf,image/*`), `multiple`, `folders` (folders can be chosen as well, and
 * the one that is open by a button; `only`: nothing else), `connection` and `folder` (where to begin), `label` (the heading), `theme` (`light`, `dark`).
 *
 * Events: `slipway-pick`, whose `detail` is a {@link SlipwayPick}; `slipway-cancel`; `slipway-error`, whose `detail` is a SlipwayError that is
 * shown as well.
 *
 * Parts: `frame`, `heading`, `path`, `list`, `option`, `message`, `footer`, `main` (the button that picks).
 */
export class SlipwayPicker extends HTMLElement {
  static readonly observedAttributes = ['accept', 'multiple', 'folders', 'label']

  #client: Slipway | undefined
  /** Your application's token for its user: for a picker that is given no client. */
  getToken: SlipwayOptions['getToken']

  #drives: Drives | undefined
  /** The folder that is shown; undefined where the drives are. */
  #open: OpenFolder | undefined
  readonly #selection = createSelection()

  readonly #list = createListBox({
    onEnter: (key) => this.#enter(key),
    onOpen: (key) => this.#hasInside(key) && this.#enter(key),
    onClick: (key) => this.#click(key),
    onToggle: (key) => this.#toggle(key),
    onAll: () => this.#chooseAll(),
    onUp: () => this.#goUp(),
    onEnd: () => void this.#more(),
  })
  readonly #frame = createFrame(this.#list.element, {
    onPick: () => this.#pick(),
    onCancel: () => this.#cancel(),
    onMore: () => void this.#more(),
    onHere: () => this.#pickHere(),
    onBack: () => this.#showDrives(),
  })

  readonly #work = createWork(this.#frame)

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true })
    root.adoptedStyleSheets = [pickerSheet()]
    root.append(this.#frame.element)
  }

  /** The client that is used; without one, the picker makes its own of `base-url` and `getToken`. */
  get client(): Slipway {
    return (this.#client ??= createSlipway({
      baseUrl: this.getAttribute('base-url') ?? '/',
      getToken: (options) => this.getToken?.(options),
    }))
  }

  set client(client: Slipway) {
    this.#client = client
    if (this.isConnected) void this.#begin()
  }

  /** What is chosen at the moment. */
  get items(): readonly Item[] {
    return this.#selection.items()
  }

  connectedCallback(): void {
    // What is set right behind the element's making still counts.
    queueMicrotask(() => {
      if (this.isConnected) void this.#begin()
    })
  }

  disconnectedCallback(): void {
    this.#work.stop()
  }

  attributeChangedCallback(): void {
    if (this.#drives === undefined) return
    const choice = choiceOf(this)
    // Of several that were chosen, one alone cannot be told from the others.
    if (!choice.isMultiple && this.items.length > 1) this.#selection.clear()
    this.#selection.keep((item) => canChoose(item, choice))
    this.#show()
  }

  /** Begins anew, with the drives as they are now: for a picker that is shown again. */
  reload(): void {
    this.#selection.clear()
    void this.#begin()
  }

  /** Onto the list, or what stands in its place. */
  override focus(): void {
    if (this.#frame.isEmpty()) this.#frame.focus()
    else this.#list.focus()
  }

  /** @param made what was connected just now: it is opened */
  async #begin(made?: Connection): Promise<void> {
    const wanted = made?.id ?? this.getAttribute('connection')
    const folder = (made === undefined && this.getAttribute('folder')) || 'root'
    await this.#run(async (signal) => {
      const drives = await loadDrives(this.client)
      if (signal.aborted) return
      this.#drives = drives
      this.#open = undefined
      this.#show()
      const drive = drives.drives.find(({ id }) => id === wanted)
      if (drive !== undefined) this.#go(drive, folder, false)
    })
  }

  /** Does what takes a while; what fails is shown, with a way to try again, or to renew the connection. */
  #run(work: (signal: AbortSignal) => Promise<void>, drive?: Drive): Promise<void> {
    const again = () => void this.#run(work, drive)
    return this.#work.run(work, (error) => this.#fail(error, drive, again))
  }

  #fail(error: unknown, drive: Drive | undefined, again: () => void): void {
    const failure = failureOf(error)
    const isDead = failure.code === 'reauth_required' && drive?.connection !== undefined
    const renew = () => drive && this.#connect(drive.provider, drive.connection)
    const [label, onclick] = isDead ? ['Reconnect', renew] : ['Try again', again]
    const action = make('button', { type: 'button', onclick }, label)
    this.#frame.fail(failure.message, action)
    this.dispatchEvent(new CustomEvent('slipway-error', { detail: failure }))
  }

  /** @param isClick whether somebody has just asked for it: only then a popup may open */
  #go(drive: Drive, folder: string, isClick = true): void {
    if (drive.connection?.status === 'REQUIRES_REAUTH') {
      if (isClick) return this.#connect(drive.provider, drive.connection)
      const text = `${drive.label} has to be reconnected.`
      const dead = new SlipwayError(0, 'reauth_required', text)
      return void this.#run(() => Promise.reject(dead), drive)
    }
    if (this.#open?.drive.id !== drive.id) this.#selection.clear()
    const hadFocus = this.matches(':focus-within')
    void this.#run(async (signal) => {
      const open = await openFolder(this.client, drive, folder, choiceOf(this), signal)
      if (signal.aborted) return
      this.#open = open
      this.#show()
      if (hadFocus) this.focus()
    }, drive)
  }

  async #more(): Promise<void> {
    const open = this.#open
    if (this.#work.isBusy() || open === undefined || open.nextCursor === null) return
    await this.#run(async (signal) => {
      const more = await readMore(this.client, open, choiceOf(this), signal)
      if (signal.aborted) return
      this.#open = more
      this.#show()
    }, open.drive)
  }

  #find(key: string): Item | undefined {
    return this.#open?.items.find(({ id }) => id === key)
  }

  /** A drive and a folder are opened, a file is chosen. */
  #click(key: string): void {
    if (this.#hasInside(key)) this.#enter(key)
    else this.#toggle(key)
  }

  #hasInside(key: string): boolean {
    return this.#open === undefined || this.#find(key)?.is_folder === true
  }

  #enter(key: string): void {
    if (this.#open === undefined) {
      const drive = this.#drives?.drives.find(({ id }) => id === key)
      if (drive !== undefined) this.#go(drive, 'root')
      return
    }
    const item = this.#find(key)
    if (item?.is_folder) return this.#go(this.#open.drive, item.id)
    if (!this.#selection.has(key)) this.#toggle(key)
    this.#pick()
  }

  #toggle(key: string): void {
    const item = this.#find(key)
    if (item === undefined || !canChoose(item, choiceOf(this))) return
    this.#selection.toggle(item, choiceOf(this).isMultiple)
    this.#show()
  }

  #chooseAll(): void {
    if (!choiceOf(this).isMultiple) return
    const items = this.#open?.items ?? []
    this.#selection.add(items.filter((item) => canChoose(item, choiceOf(this))))
    this.#show()
  }

  #goUp(): void {
    const above = this.#open?.folder.path.at(-1)
    if (this.#open === undefined) return
    if (above === undefined) this.#showDrives()
    else this.#go(this.#open.drive, above.id)
  }

  #showDrives(): void {
    this.#work.stop()
    this.#open = undefined
    this.#selection.clear()
    this.#frame.say('')
    this.#show()
    this.focus()
  }

  #pick(): void {
    const { items } = this
    if (items.length === 0 || this.#open === undefined) return
    const { id: connection, provider } = this.#open.drive
    const detail: SlipwayPick = { connection, provider: provider.id, items }
    this.dispatchEvent(new CustomEvent('slipway-pick', { detail, bubbles: true, composed: true }))
  }

  /** The folder that is open, instead of what is in it. */
  #pickHere(): void {
    const open = this.#open
    if (open === undefined) return
    void this.#run(async (signal) => {
      const folder = await this.client.getItem(open.drive.id, open.folder.id)
      if (signal.aborted) return
      this.#selection.clear()
      this.#selection.add([folder])
      this.#pick()
      this.#selection.clear()
      this.#show()
    }, open.drive)
  }

  #cancel(): void {
    this.#selection.clear()
    this.#show()
    this.dispatchEvent(new CustomEvent('slipway-cancel', { bubbles: true, composed: true }))
  }

  /** Called in the click itself: the popup may be opened only there. */
  #connect(provider: Provider, connection?: Connection): void {
    if (provider.auth !== 'oauth2') return this.#showForm(provider, connection)
    void this.#run(async (signal) => {
      this.#frame.say('Waiting for sign-in, in the window that has opened.')
      const made = await this.client.connect(provider.id, {
        connectionId: connection?.id,
        onLate: (late) => void this.#arrive(late, signal),
      })
      await this.#arrive(made, signal)
    })
  }

  /** Opens what was connected, unless the person has gone on meanwhile: then it is only among the drives. */
  async #arrive(made: Connection, signal: AbortSignal): Promise<void> {
    if (!signal.aborted) return this.#begin(made)
    // Who is in a folder or in another form is not disturbed.
    this.#drives = await loadDrives(this.client).catch(() => this.#drives)
    if (this.#open === undefined && !this.#frame.isAsking()) this.#show()
  }

  #showForm(provider: Provider, connection: Connection | undefined): void {
    const signal = this.#work.stop()
    const onDone = (made: Connection) => void this.#arrive(made, signal)
    const onCancel = () => this.#showDrives()
    const options = { client: this.client, provider, connection, onDone, onCancel }
    this.#frame.ask(`Connect ${provider.label}`, connectForm(options, signal))
  }

  #show(): void {
    const hadFocus = this.matches(':focus-within')
    const view = viewOf(
      {
        label: this.getAttribute('label'),
        choice: choiceOf(this),
        drives: this.#drives,
        open: this.#open,
        chosen: this.items,
      },
      {
        toDrives: () => this.#showDrives(),
        toFolder: (drive, folder) => this.#go(drive, folder),
        connect: (provider) => this.#connect(provider),
      },
    )
    this.#list.show(view.place, view.options, view.isMultiple)
    this.#frame.show(view.frame)
    // What had it may have gone.
    if (hadFocus && !this.matches(':focus-within')) this.focus()
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'slipway-picker': SlipwayPicker
  }
}

if (customElements.get('slipway-picker') === undefined) {
  customElements.define('slipway-picker', SlipwayPicker)
}
