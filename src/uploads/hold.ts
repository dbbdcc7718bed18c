// Holds a lease while bytes flow: renewed before it ends, and the flow is stopped when somebody else wants it or has it.
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import { renewLease, type Lease, type UploadChange } from './store.ts'

/** Milliseconds between two looks: how long somebody who wants the lease waits for a sender that has gone silent. */
const LOOK = 2000
/** The same for a body that takes long: the platform allows 1,000 requests in the work of one. */
const LATE_LOOK = 5000
const EARLY_LOOKS = 30

export interface Hold {
  /** Aborted when the lease is wanted or lost. */
  readonly signal: AbortSignal
  /** Keeps what was reached. */
  readonly keep: (change: UploadChange) => Promise<void>
  readonly end: () => void
}

export function holdLease(services: Services, lease: Lease): Hold {
  const controller = new AbortController()
  const stop = () => controller.abort(taken())
  const renew = async (change?: UploadChange) => {
    try {
      if (await renewLease(services, lease, change)) stop()
    } catch (error) {
      // Only the loss of the lease ends the work: a database that stumbles is asked again.
      if (error instanceof Problem) stop()
      else if (change !== undefined) throw error
    }
  }
  let looks = 0
  let timer = setTimeout(look, LOOK)
  function look() {
    services.background(renew())
    looks++
    timer = setTimeout(look, looks < EARLY_LOOKS ? LOOK : LATE_LOOK)
  }
  return { signal: controller.signal, keep: renew, end: () => clearTimeout(timer) }
}

const taken = () =>
  new Problem('upload_locked', 'Another request has asked for this upload: ask for its offset.')
