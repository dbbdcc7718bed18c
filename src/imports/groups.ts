// Does in groups what is asked for one by one: while one group is under way, the next gathers. So what takes long is not done more often.

export interface GroupRules<T, R> {
  /** Does a group, which is never empty. Resolves to what came of each, in their order. */
  readonly run: (group: readonly T[]) => Promise<readonly R[]>
  /** Entries of one group. */
  readonly most: number
  /** Whether one more may join; the first always does. */
  readonly fits?: (group: readonly T[], next: T) => boolean
  /** Whether those of a group that failed so may each be tried alone; otherwise the failure is everyone's. */
  readonly mayPart: (error: unknown) => boolean
  /** Who waits for others, in these groups and elsewhere. */
  readonly company: Company
}

/** Milliseconds for which a group gathers. */
const GATHERING = 100

/** How many there are that may join a group, and how many of them wait in one already. */
export interface Company {
  begun: number
  waiting: number
}

interface Waiting<T, R> {
  readonly entry: T
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/**
 * What is handed in is done with others, in the order in which it came. A group that fails is done again one by one, so that each has
 * no failure but its own: doing an entry twice must be the same as doing it once, as the first time may have come to pass unheard.
 */
export function createGroups<T, R>(rules: GroupRules<T, R>): (entry: T) => Promise<R> {
  const { company, most } = rules
  const waiting: Waiting<T, R>[] = []
  let isBusy = false
  let onJoined: () => void = () => undefined

  /** Until there are enough, or nobody is left who could come, or for a while. */
  const gather = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHERING)
      onJoined = () => {
        if (waiting.length < most && company.waiting < company.begun) return
        clearTimeout(timer)
        resolve()
      }
      onJoined()
    })

  const take = () => {
    const group: Waiting<T, R>[] = []
    for (let next = waiting[0]; next !== undefined && group.length < rules.most;) {
      const entries = group.map(({ entry }) => entry)
      if (group.length > 0 && rules.fits?.(entries, next.entry) === false) break
      group.push(next)
      waiting.shift()
      next = waiting[0]
    }
    company.waiting -= group.length
    return group
  }

  const runGroup = async (group: readonly Waiting<T, R>[]): Promise<void> => {
    try {
      const results = await rules.run(group.map(({ entry }) => entry))
      group.forEach(({ resolve }, at) => resolve(results[at] as R))
    } catch (error) {
      for (const one of group) {
        // Asked each time: meanwhile there may be no sense in it any more.
        if (group.length > 1 && rules.mayPart(error)) await runGroup([one])
        else one.reject(error)
      }
    }
  }

  const runAll = async () => {
    isBusy = true
    while (waiting.length > 0) {
      await gather()
      await runGroup(take())
    }
    isBusy = false
  }

  return (entry) =>
    new Promise((resolve, reject) => {
      waiting.push({ entry, resolve, reject })
      company.waiting++
      onJoined()
      // Nothing of it rejects: each entry has its own outcome.
      if (!isBusy) void runAll()
    })
}
