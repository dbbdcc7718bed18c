// Lets work that goes on at once wait for each other: by key, or for room.

/** One after the other for each key. */
export interface Turns {
  readonly take: <T>(key: string, work: () => Promise<T>) => Promise<T>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    take: async (key, work) => {
      const before = last.get(key) ?? Promise.resolve()
      // Whoever came before has its own failure.
      const own = before.then(work, work)
      last.set(key, own)
      try {
        return await own
      } finally {
        if (last.get(key) === own) last.delete(key)
      }
    },
  }
}

/** So many units at once, in the order in which they were asked for; what takes none waits for nobody. */
export interface Budget {
  readonly spend: <T>(amount: number, work: () => Promise<T>) => Promise<T>
  /** The same for work that ends elsewhere: resolves to what has to be called then, once. */
  readonly take: (amount: number) => Promise<() => void>
}

/** @param total what asks for more than this gets all of it. */
export function createBudget(total: number): Budget {
  let left = total
  const waiting: { readonly amount: number; readonly start: () => void }[] = []
  const next = () => {
    for (let first = waiting[0]; first !== undefined && first.amount <= left; first = waiting[0]) {
      waiting.shift()
      left -= first.amount
      first.start()
    }
  }
  const take = async (wanted: number) => {
    const amount = Math.min(wanted, total)
    if (amount === 0) return () => undefined
    await new Promise<void>((start) => {
      waiting.push({ amount, start })
      next()
    })
    return () => {
      left += amount
      next()
    }
  }
  return {
    take,
    spend: async (amount, work) => {
      const giveBack = await take(amount)
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
