// What is chosen: one item, or any number of them, in the order in which they were.
import type { Item } from '../slipway.ts'

export interface Selection {
  readonly items: () => readonly Item[]
  readonly has: (id: string) => boolean
  readonly add: (items: readonly Item[]) => void
  /** Adds it, or takes it away; where there may be one alone, it takes the place of the one before. */
  readonly toggle: (item: Item, isMultiple: boolean) => void
  /** Keeps only these. */
  readonly keep: (isKept: (item: Item) => boolean) => void
  readonly clear: () => void
}

export function createSelection(): Selection {
  const chosen = new Map<string, Item>()
  return {
    items: () => [...chosen.values()],
    has: (id) => chosen.has(id),
    add: (items) => {
      for (const item of items) chosen.set(item.id, item)
    },
    toggle: (item, isMultiple) => {
      const had = chosen.delete(item.id)
      if (!isMultiple) chosen.clear()
      if (!had) chosen.set(item.id, item)
    },
    keep: (isKept) => {
      for (const item of [...chosen.values()]) if (!isKept(item)) chosen.delete(item.id)
    },
    clear: () => chosen.clear(),
  }
}
