// What the picker tells the page around it.
import type { Item, SlipwayError } from '../slipway.ts'

/** What `slipway-pick` brings as its `detail`. */
export interface SlipwayPick {
  /** What the API calls the drive: a connection's id, or that of a built-in drive. */
  readonly connection: string
  readonly provider: string
  /** One, unless the picker is `multiple`. */
  readonly items: readonly Item[]
}

declare global {
  interface HTMLElementEventMap {
    'slipway-pick': CustomEvent<SlipwayPick>
    'slipway-cancel': CustomEvent<null>
    'slipway-error': CustomEvent<SlipwayError>
  }
}
