// The test's side of mortal-worker.mjs: says where a consumer or the clock dies, and keeps what each invocation did.

/**
 * Dies before: not done. After: done. During: sent, and nobody knows. `wait`: does not die, but waits before it until it may go on.
 * `unheard`: does not die, but hears of a failure although it is done.
 */
export type Phase = 'before' | 'during' | 'after' | 'wait' | 'unheard'

export interface DeathPoint {
  /**
   * Of an operation, as `Step` has it; `*` for any; `new` for any that none of the subject's invocations has died at, time and again;
   * behind `…`, words that stand anywhere in it.
   */
  readonly label: string
  /** The how many-th of this label, from 1, over all invocations for the same import; for the clock, of one run. 0: any. */
  readonly nth: number
  readonly phase: Phase
}

export interface Step {
  readonly label: string
  readonly nth: number
  readonly isDone: boolean
}

/** One invocation of the consumer or the clock. */
export interface Life {
  readonly kind: 'queue' | 'clock'
  readonly queue: string | null
  /** The import's id, or the clock's pattern. */
  readonly subject: string
  /** Which delivery of the message it is. */
  readonly attempts: number
  /** The time at which it began. */
  readonly at: number
  how: 'at work' | 'ended' | 'failed' | 'died' | 'killed'
  steps: readonly Step[]
  /** The label of the operation that it has died at. */
  diedAt: string | null
  /** Multipart uploads that it began; `step`: how many operations had begun by then. */
  uploads: readonly { readonly key: string; readonly uploadId: string; readonly step: number }[]
}

export interface Mortal {
  /** The service binding. */
  readonly answer: (request: Request) => Promise<Response>
  /** Every invocation so far, the oldest first. */
  readonly lives: readonly Life[]
  /** Those that were for an import, or by a clock. */
  readonly livesOf: (subject: string) => readonly Life[]
  /** Where the next of its invocations die or wait, one at each point, in this order. With `isHeld`, none begins before this is said. */
  readonly plan: (subject: string, ...points: readonly DeathPoint[]) => void
  /** The same for the import whose first message comes next. */
  readonly planNext: (...points: readonly DeathPoint[]) => void
  /** Points that no invocation has come to. */
  readonly left: (subject: string) => readonly DeathPoint[]
  readonly isAtWork: (subject: string) => boolean
  /** Whether one of its invocations has come to where it waits. */
  readonly isWaiting: (subject: string) => boolean
  /** Lets it go on. */
  readonly release: (subject: string) => void
  /** workerd was killed, and all that ran in it. */
  readonly forget: () => void
}

/** Milliseconds that an invocation waits for the test to say where it dies. */
const HELD_MS = 20_000

/** @param isHeld whether consumers wait until the test has made its plan. */
export function createMortal({ isHeld = false }: { readonly isHeld?: boolean } = {}): Mortal {
  const lives: Life[] = []
  const plans = new Map<string, DeathPoint[]>()
  const waiting = new Map<string, (() => void)[]>()
  const stopped = new Map<string, () => void>()
  let next: DeathPoint[] | undefined

  const livesOf = (subject: string) => lives.filter((life) => life.subject === subject)

  async function planned(kind: Life['kind'], subject: string): Promise<void> {
    if (!isHeld || kind === 'clock' || plans.has(subject)) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, HELD_MS)
      const go = () => {
        clearTimeout(timer)
        resolve()
      }
      waiting.set(subject, [...(waiting.get(subject) ?? []), go])
    })
  }

  /** How often each operation was begun for an import. A run of the clock has nothing to do with the one before. */
  function countsOf(kind: Life['kind'], subject: string): Record<string, number> {
    const counts: Record<string, number> = {}
    if (kind === 'clock') return counts
    for (const { label } of livesOf(subject).flatMap(({ steps }) => steps)) {
      counts[label] = (counts[label] ?? 0) + 1
    }
    return counts
  }

  type About = Pick<Life, 'kind' | 'queue' | 'subject' | 'attempts'>
  type Report = { readonly id: number } & Pick<Life, 'how' | 'steps' | 'uploads' | 'diedAt'>

  async function begin({ kind, queue, subject, attempts }: About) {
    if (next !== undefined && kind === 'queue' && livesOf(subject).length === 0) {
      plans.set(subject, next)
      next = undefined
    }
    const life: Life = {
      ...{ kind, queue, subject, attempts },
      at: Date.now(),
      how: 'at work',
      steps: [],
      diedAt: null,
      uploads: [],
    }
    const id = lives.push(life) - 1
    await planned(kind, subject)
    const known = livesOf(subject).flatMap(({ diedAt }) => diedAt ?? [])
    return { id, counts: countsOf(kind, subject), known, plan: plans.get(subject)?.[0] ?? null }
  }

  function end({ id, how, steps, uploads, diedAt }: Report) {
    const life = lives[id]
    // One that was killed with its process says nothing any more.
    if (life === undefined || life.how !== 'at work') return {}
    Object.assign(life, { how, steps, uploads, diedAt })
    const plan = plans.get(life.subject)
    if (how === 'died' && plan?.[0]?.label !== 'new') plan?.shift()
    return {}
  }

  async function wait({ id }: Pick<Report, 'id'>) {
    const { subject } = lives[id] as Life
    plans.get(subject)?.shift()
    await new Promise<void>((resolve) => stopped.set(subject, resolve))
    return {}
  }

  return {
    answer: async (request) => {
      const body: unknown = await request.json()
      const { pathname } = new URL(request.url)
      const act = { '/begin': begin, '/wait': wait, '/end': end }[pathname]
      if (act === undefined) return new Response(null, { status: 404 })
      // An invocation may be silent for longer than a connection is kept, and what is sent on one that is gone is lost.
      return Response.json(await act(body as About & Report), { headers: { connection: 'close' } })
    },
    lives,
    livesOf,
    plan: (subject, ...points) => {
      plans.set(subject, [...points])
      for (const go of waiting.get(subject) ?? []) go()
      waiting.delete(subject)
    },
    planNext: (...points) => {
      next = [...points]
    },
    left: (subject) => plans.get(subject) ?? [],
    isAtWork: (subject) => livesOf(subject).some(({ how }) => how === 'at work'),
    isWaiting: (subject) => stopped.has(subject),
    release: (subject) => {
      stopped.get(subject)?.()
      stopped.delete(subject)
    },
    forget: () => {
      for (const life of lives) if (life.how === 'at work') life.how = 'killed'
    },
  }
}
