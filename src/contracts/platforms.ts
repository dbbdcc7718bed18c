// The names that the earlier contract `/api/v1/integrations` has for providers.
import { Problem } from '../problems/problem.ts'
import type { Provider } from '../providers/contract.ts'
import { getProvider } from '../providers/registry.ts'

/** In the order in which they are listed. */
export const PLATFORMS = ['google_drive', 'microsoft', 'dropbox', 'confluence'] as const
export type PlatformName = (typeof PLATFORMS)[number]

/** Where a platform has another name than its provider. */
const PROVIDERS: Partial<Record<PlatformName, string>> = { microsoft: 'microsoft_365' }

export interface Platform {
  readonly name: PlatformName
  readonly provider: Provider
}

export const platforms = (): readonly Platform[] => PLATFORMS.map((name) => readPlatform(name))

/** The platform of a path. Throws `not_found`. */
export function readPlatform(wanted: string): Platform {
  const name = PLATFORMS.find((one) => one === wanted)
  const provider = name && getProvider(PROVIDERS[name] ?? name)
  if (name === undefined || provider === undefined) {
    throw new Problem('not_found', 'There is no such platform.')
  }
  return { name, provider }
}
