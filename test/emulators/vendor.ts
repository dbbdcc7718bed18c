// What every emulator offers to the one server that hosts them; nothing here knows a vendor.
import type { Hono } from 'hono'

/** How a request reached an emulator: `base` is the URL prefix under which a real host is served. */
export interface Served {
  /** For a real host such as `www.googleapis.com`, the URL prefix it is served under, without a trailing slash. */
  baseOf: (host: string) => string
}

export interface Vendor {
  readonly name: string
  /** Real API hosts, as they stand in `PROVIDER_ORIGINS` (each becomes `https://<host>`). */
  readonly hosts: readonly string[]
  /** Hosts of pre-signed URLs: served under their prefix too, but no part of the origin map. */
  readonly extraHosts?: readonly string[]
  /** Called once the server listens; the app sees paths that start with `/<host>/`. */
  mount: (app: Hono, served: Served) => void
  /** Puts the vendor back to its seeded state (accounts, files, tokens). */
  reset: () => void
}
