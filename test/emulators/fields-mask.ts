// Google's partial responses (`fields`): parses a mask and filters an object by it; an unknown field is an error.

export type Mask = Map<string, Mask | undefined>

/** Parses `a,b(c,d/e),*`. Throws an Error that names what it could not read. */
export function parseMask(text: string): Mask {
  let at = 0
  function parseList(): Mask {
    const mask: Mask = new Map()
    for (;;) {
      parsePath(mask)
      if (text[at] !== ',') return mask
      at += 1
    }
  }
  function parsePath(mask: Mask): void {
    const name = /^(?:[A-Za-z][A-Za-z0-9]*|\*)/.exec(text.slice(at))?.[0]
    if (name === undefined) throw new Error(`Invalid field selection ${text.slice(at) || text}`)
    at += name.length
    if (text[at] === '/') {
      at += 1
      const inner: Mask = new Map()
      parsePath(inner)
      mask.set(name, inner)
    } else if (text[at] === '(') {
      at += 1
      mask.set(name, parseList())
      if (text[at] !== ')') throw new Error(`Invalid field selection ${text}`)
      at += 1
    } else {
      mask.set(name, undefined)
    }
  }
  const mask = parseList()
  if (at !== text.length) throw new Error(`Invalid field selection ${text.slice(at)}`)
  return mask
}

/** `known`: the names that the resource has, nested ones by their parent. */
export interface Shape {
  readonly [name: string]: Shape | true
}

export function checkMask(mask: Mask, shape: Shape): void {
  for (const [name, inner] of mask) {
    if (name === '*') continue
    const below = shape[name]
    if (below === undefined) throw new Error(`Invalid field selection ${name}`)
    if (inner === undefined) continue
    // A plain value has nothing below it.
    if (below === true) throw new Error(`Invalid field selection ${[...inner.keys()].join(',')}`)
    checkMask(inner, below)
  }
}

export function applyMask(value: unknown, mask: Mask | undefined): unknown {
  if (mask === undefined) return value
  if (Array.isArray(value)) return value.map((one) => applyMask(one, mask))
  if (typeof value !== 'object' || value === null) return value
  const result: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const chosen = mask.has(name) ? mask.get(name) : mask.has('*') ? mask.get('*') : null
    if (chosen !== null && inner !== undefined) result[name] = applyMask(inner, chosen)
  }
  return result
}
