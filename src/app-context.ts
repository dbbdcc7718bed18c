// What every handler can reach: the request's services, made once per request by the first middleware.
import type { Context } from 'hono'
import type { Keyring } from './crypto/keyring.ts'
import type { Signer } from './crypto/sign.ts'
import type { Db } from './db/client.ts'
import type { Env, Settings } from './env.ts'
import type { Meter } from './meter.ts'
import type { Count } from './metrics/tally.ts'
import type { Transport } from './net/http.ts'
import type { Caller } from './auth/roles.ts'
import type { ProblemCode } from './problems/problem.ts'
import type { ProblemBody } from './problems/respond.ts'

export interface Services {
  readonly settings: Settings
  readonly db: Db
  readonly state: KVNamespace
  readonly bucket: R2Bucket
  /** Takes the messages that make imports go on. */
  readonly importQueue: Queue
  /** Takes the messages that make deletions go on. */
  readonly jobQueue: Queue
  /** Throws `forbidden` for a user who is being deleted. */
  readonly checkAccount: (userId: string) => Promise<void>
  /** What this invocation has asked of the platform so far. */
  readonly meter: Meter
  readonly keyring: Keyring
  readonly signer: Signer
  readonly transport: Transport
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Keeps work running after the answer; what it rejects with is logged. */
  readonly background: (work: Promise<unknown>) => void
  /** Adds to a metric that changes no row of its own. */
  readonly count: Count
  readonly requestId: string
  readonly country: string | null
}

export interface AppEnv {
  Bindings: Env
  Variables: {
    services: Services
    caller: Caller
    /** Where an earlier contract is served: its own word for a code, which stands in the problem as `error`. */
    errorWord?: (code: ProblemCode) => ProblemBody['error']
  }
}

export type AppContext = Context<AppEnv>
