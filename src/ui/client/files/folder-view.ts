// What a list of items knows, folder or search: its pages as they come, and changes that are shown before the provider has agreed.
import { toError, type ApiError, type Item, type Listing } from '../api.ts'

export interface ItemPage {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
  readonly folder?: Listing['folder']
}

export type FetchPage = (cursor: string | null, isFresh: boolean) => Promise<ItemPage>

export interface ViewState {
  /** As they are shown: without what is being deleted, with the names that are being given. */
  readonly items: readonly Item[]
  readonly folder: Listing['folder'] | undefined
  /** Whether the first page has come. */
  readonly isOpen: boolean
  /** Whether a page is on its way. */
  readonly isBusy: boolean
  readonly hasMore: boolean
  /** Why the first page, or a refresh, did not come. */
  readonly failure: ApiError | undefined
  /** Why the next page did not come. */
  readonly moreFailure: ApiError | undefined
}

/** Where the person was in it. */
export interface Position {
  /** Pixels from the page's top. */
  readonly scroll: number
  readonly active: string | undefined
}

export interface FolderView {
  readonly get: () => ViewState
  /** Calls back after every change; returns how to stop. */
  readonly watch: (watcher: () => void) => () => void
  /** Loads what is not there yet, and looks again at what has grown old. */
  readonly open: () => void
  /** Asks the provider anew for as much as there is. */
  readonly refresh: () => void
  readonly more: () => void
  /** Something of it has changed elsewhere: looked at when it is shown. */
  readonly age: () => void
  /** Shows a change until it is settled; `gone` hides the item. */
  readonly assume: (id: string, change: Partial<Item> | 'gone') => void
  /** The change was refused: everything is as it was. */
  readonly revert: (id: string) => void
  /** The change has happened; what is now in the item's place, or nothing. */
  readonly settle: (id: string, now?: Item) => void
  /** Whether a change of it is not settled yet: its id may be another one soon. */
  readonly isPending: (id: string) => boolean
  /** Shows an item that has come into being. */
  readonly add: (item: Item) => void
  /** A file has arrived in it: a short list is looked at again, a long one is told which it is, and looked at when no more come. */
  readonly arrive: (find: () => Promise<Item>) => void
  /** What stays the same about an item whose id changes with its name. */
  readonly keyOf: (id: string) => string
  position: Position | undefined
}

/** Milliseconds after which a kept list is looked at again. */
const OLD = 20_000
/** Milliseconds between two looks at a list into which files keep coming. */
const RESTS = 1500
/** Milliseconds without news after which a long list is looked at again: that takes many requests. */
const QUIET = 6000
/** Pages without any item that are passed over in one go. */
const EMPTY_PAGES = 50
/** Items up to which a list is asked for anew because of one that came. */
const SMALL = 400

const START: ViewState = {
  items: [],
  folder: undefined,
  isOpen: false,
  isBusy: false,
  hasMore: false,
  failure: undefined,
  moreFailure: undefined,
}

export function createView(fetchPage: FetchPage): FolderView {
  let state = START
  let base: readonly Item[] = []
  let cursor: string | null = null
  let turn = 0
  let loadedAt = -Infinity
  let isAged = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const watchers = new Set<() => void>()
  const changes = new Map<string, Partial<Item> | 'gone'>()
  const keys = new Map<string, string>()

  const change = (news: Partial<ViewState>) => {
    state = { ...state, ...news }
    for (const watcher of watchers) watcher()
  }
  const show = () => {
    if (changes.size === 0) return base
    return base.flatMap((item) => {
      const assumed = changes.get(item.id)
      if (assumed === 'gone') return []
      return [assumed === undefined ? item : { ...item, ...assumed }]
    })
  }
  const publish = (news: Partial<ViewState> = {}) =>
    change({ items: show(), hasMore: cursor !== null, ...news })

  /** Pages from the start until there are `count` items. Returns undefined when something newer was asked meanwhile. */
  const fill = async (count: number, isFresh: boolean, own: number) => {
    let items: readonly Item[] = []
    let page: ItemPage | undefined
    let empty = 0
    do {
      page = await fetchPage(page?.next_cursor ?? null, isFresh && page === undefined)
      if (turn !== own) return undefined
      if (page.items.length === 0) empty += 1
      items = join(items, page.items)
    } while (page.next_cursor !== null && items.length < count && empty < EMPTY_PAGES)
    return { items, page }
  }

  const load = (isFresh: boolean) => {
    turn += 1
    const own = turn
    isAged = false
    change({ isBusy: true, failure: undefined, moreFailure: undefined })
    fill(Math.max(1, base.length), isFresh, own)
      .then((found) => {
        if (found === undefined) return
        base = found.items
        cursor = found.page.next_cursor
        loadedAt = Date.now()
        const folder = found.page.folder ?? state.folder
        publish({ isOpen: true, isBusy: false, folder })
        if (isAged) age()
      })
      .catch((error: unknown) => {
        if (turn === own) change({ isBusy: false, failure: toError(error) })
      })
  }

  const more = () => {
    if (cursor === null || state.isBusy) return
    turn += 1
    const own = turn
    change({ isBusy: true, moreFailure: undefined })
    fetchPage(cursor, false)
      .then((page) => {
        if (turn !== own) return
        base = join(base, page.items)
        cursor = page.next_cursor
        publish({ isBusy: false })
      })
      .catch((error: unknown) => {
        if (turn === own) change({ isBusy: false, moreFailure: toError(error) })
      })
  }

  const age = () => {
    isAged = true
    if (watchers.size === 0 || state.isBusy) return
    const isLong = base.length > SMALL
    if (timer !== undefined && !isLong) return
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        timer = undefined
        if (watchers.size > 0 && isAged && !state.isBusy) load(true)
      },
      isLong ? QUIET : Math.max(0, loadedAt + RESTS - Date.now()),
    )
  }

  const view: FolderView = {
    get: () => state,
    watch: (watcher) => {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    open: () => {
      if (state.isBusy) return
      if (isAged) load(true)
      else if (!state.isOpen || Date.now() - loadedAt > OLD) load(false)
    },
    refresh: () => load(true),
    more,
    age,
    assume: (id, assumed) => {
      changes.set(id, assumed)
      publish()
    },
    revert: (id) => {
      changes.delete(id)
      publish()
    },
    settle: (id, now) => {
      changes.delete(id)
      if (now !== undefined && now.id !== id) keys.set(now.id, view.keyOf(id))
      base = base.flatMap((item) => {
        if (item.id !== id) return [item]
        return now === undefined ? [] : [{ ...item, ...now }]
      })
      publish()
    },
    isPending: (id) => changes.has(id),
    add: (item) => {
      base = join([item], base)
      publish()
      if (base.length <= SMALL) load(true)
    },
    arrive: (find) => {
      age()
      if (base.length <= SMALL || watchers.size === 0) return
      find()
        .then((item) => {
          base = join([item], base)
          publish()
        })
        // The next look finds it.
        .catch(() => undefined)
    },
    keyOf: (id) => keys.get(id) ?? id,
    position: undefined,
  }
  return view
}

/** Each item once: what was added here comes again with its page. */
function join(before: readonly Item[], after: readonly Item[]): readonly Item[] {
  const known = new Set(before.map(({ id }) => id))
  return [...before, ...after.filter(({ id }) => !known.has(id))]
}
