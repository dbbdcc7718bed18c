// Which items are chosen, and from where a range goes: as in every list of files that people know.

export interface Selection {
  readonly ids: ReadonlySet<string>
  /** Where a range begins. */
  readonly anchor: string | undefined
  /** What was chosen before the range. */
  readonly base: ReadonlySet<string>
}

export const NOTHING: Selection = { ids: new Set(), anchor: undefined, base: new Set() }

/** Adds one, or takes it out; the next range begins there. */
export function toggle({ ids }: Selection, id: string): Selection {
  const after = new Set(ids)
  if (!after.delete(id)) after.add(id)
  return { ids: after, anchor: id, base: after }
}

/** This one and no other. */
export const only = (id: string): Selection => ({
  ids: new Set([id]),
  anchor: id,
  base: new Set(),
})

/** Everything between the anchor and this one, beside what was chosen before; a range replaces the one before it. */
export function extend(
  selection: Selection,
  order: readonly string[],
  to: string,
  from = to,
): Selection {
  const { anchor } = selection
  const start = anchor !== undefined && order.includes(anchor) ? anchor : from
  const [a, b] = [order.indexOf(start), order.indexOf(to)]
  const range = order.slice(Math.min(a, b), Math.max(a, b) + 1)
  const base = start === anchor ? selection.base : selection.ids
  return { ids: new Set([...base, ...range]), anchor: start, base }
}

export const all = (order: readonly string[]): Selection => ({
  ids: new Set(order),
  anchor: order[0],
  base: new Set(),
})

/** An item has got another id: it is still the one that was chosen. */
export function rename(selection: Selection, before: string, after: string): Selection {
  const map = (ids: ReadonlySet<string>) =>
    new Set([...ids].map((id) => (id === before ? after : id)))
  return {
    ids: map(selection.ids),
    base: map(selection.base),
    anchor: selection.anchor === before ? after : selection.anchor,
  }
}
