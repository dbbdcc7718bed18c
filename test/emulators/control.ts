// The emulators' own routes below /_emulators: the same faults and records that tests use, for a person with curl.
import type { Hono } from 'hono'
import type { RecordedRequest } from './recorder.ts'
import type { Fault, Trouble, TroubleRule } from './trouble.ts'

interface Controlled {
  readonly trouble: Trouble
  readonly requests: readonly RecordedRequest[]
  readonly reset: () => void
}

const KINDS: readonly Fault['kind'][] = [
  'status',
  'stall',
  'slow',
  'cut',
  'garbage',
  'drop',
  'reset',
]

/** A rule is a TroubleRule in JSON, whose `match.path` is the source of a regular expression. */
export function mountControl(app: Hono, { trouble, requests, reset }: Controlled): void {
  app.get('/_emulators/requests', (c) => c.json(requests))
  app.post('/_emulators/reset', (c) => {
    reset()
    return c.body(null, 204)
  })
  app.delete('/_emulators/trouble', (c) => {
    trouble.clear()
    return c.body(null, 204)
  })
  app.post('/_emulators/trouble', async (c) => {
    try {
      trouble.add(readRule(await c.req.json<Partial<TroubleRule>>()))
    } catch (error) {
      return c.text(`${error instanceof Error ? error.message : 'no rule'}\n`, 400)
    }
    return c.body(null, 204)
  })
}

function readRule(rule: Partial<TroubleRule>): TroubleRule {
  const { match = {}, fault } = rule
  if (fault === undefined || !KINDS.includes(fault.kind)) {
    throw new Error(`fault.kind is one of ${KINDS.join(', ')}`)
  }
  const path = match.path === undefined ? {} : { path: new RegExp(match.path) }
  return { ...rule, match: { ...match, ...path }, fault }
}
