// Access tokens that are always good: refreshed before they end, also in the middle of a long request.
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import { readState, refreshOnce, reload, tokenOf, type AccessToken, type State } from './refresh.ts'
import type { Connection } from './schema.ts'

/** An access token with less than this left is refreshed first. */
const REFRESH_MARGIN_MS = 5 * 60_000
/** A token that is good for the next minutes. Throws `reauth_required` when the grant is dead. */
export async function accessToken(
  services: Services,
  connection: Connection,
): Promise<AccessToken> {
  return useToken(services, await readState(services, connection))
}

/** The same, for a request that has gone on for so long that the row it began with is old. */
export async function nextAccessToken(
  services: Services,
  connection: Connection,
): Promise<AccessToken> {
  return useToken(services, await reload(services, connection))
}

/** Whether the token should be replaced before it is used again. */
export function isEnding({ expiresAt }: AccessToken, now: number): boolean {
  return expiresAt - now <= REFRESH_MARGIN_MS
}

async function useToken(services: Services, state: State): Promise<AccessToken> {
  const left = state.credentials.expiresAt - services.now()
  if (left > REFRESH_MARGIN_MS) return tokenOf(state)
  try {
    return await refreshOnce(services, state, left > 0 ? 'early' : 'expired')
  } catch (error) {
    // A vendor that cannot refresh right now does not take a token away that is still good.
    if (left > 0 && !isDead(error)) return tokenOf(state)
    throw error
  }
}

/**
 * A newer token than the one of `version`, which the vendor refused or the user wants replaced. Whoever comes late finds it
 * refreshed already.
 */
export async function renewAccessToken(
  services: Services,
  connection: Connection,
  version: number,
): Promise<AccessToken> {
  const state = await reload(services, connection)
  if (state.connection.tokenVersion > version) return tokenOf(state)
  return refreshOnce(services, state, 'expired')
}

const isDead = (error: unknown) => error instanceof Problem && error.code === 'reauth_required'
