// Decides who a request comes from by Basic with a password or an app password, and slows down who guesses.
import { timingSafeEqual, createHash, randomInt } from 'node:crypto'
import type { AppPassword, NextcloudAccount, NextcloudState } from './nextcloud-state.ts'
import { tooManyRequests } from './nextcloud-errors.ts'

export interface SignedIn {
  readonly account: NextcloudAccount
  /** Undefined when the account's real password was used. */
  readonly appPassword: AppPassword | undefined
}

/** Why nobody is signed in: no credentials at all, or wrong ones. */
export type Refused = 'anonymous' | 'wrong'

const HALF_AN_HOUR = 1_800_000
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** What Nextcloud generates for tokens: letters and digits alone. */
export function randomToken(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** A new app password of 72 characters, as Login Flow v2 hands it out: lib/private/Security/SecureRandom.php */
export function createAppPassword(
  state: NextcloudState,
  account: NextcloudAccount,
  name: string,
): AppPassword {
  const { id: user, loginName } = account
  const created = { user, loginName, name, password: randomToken(72) }
  state.appPasswords.add(created)
  return created
}

/**
 * Who a request comes from.
 * @throws SabreError 429 after too many failures from the subnet, right credentials or not
 */
export async function signIn(
  state: NextcloudState,
  authorization: string | null,
): Promise<SignedIn | Refused> {
  if (authorization === null) return 'anonymous'
  const match = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization.trim())
  const text = Buffer.from(match?.[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(colon, 0))
  await throttle(state)
  const found = colon < 0 ? undefined : findAccount(state, name, text.slice(colon + 1))
  if (!found) {
    state.failures.push({ at: state.settings.now(), name })
    return 'wrong'
  }
  const others = state.failures.filter((failure) => failure.name !== name)
  state.failures.splice(0, state.failures.length, ...others)
  return found
}

/**
 * 0.2 s after the first failure, doubled by each, 25 s at most, and 429 after ten in half an hour:
 * https://docs.nextcloud.com/server/latest/admin_manual/configuration_server/bruteforce_configuration.html
 */
async function throttle(state: NextcloudState): Promise<void> {
  const { now, bruteForce } = state.settings
  const since = now() - HALF_AN_HOUR
  const recent = state.failures.filter(({ at }) => at > since).length
  if (recent >= bruteForce.limit) throw tooManyRequests()
  if (recent === 0 || bruteForce.firstDelayMs === 0) return
  const delay = Math.min(bruteForce.firstDelayMs * 2 ** (recent - 1), bruteForce.firstDelayMs * 125)
  await new Promise((resolve) => setTimeout(resolve, delay))
}

function findAccount(state: NextcloudState, name: string, secret: string): SignedIn | undefined {
  for (const appPassword of state.appPasswords) {
    if (!equal(appPassword.password, secret)) continue
    // An app password opens only under the login name it was made for: lib/private/User/Session.php
    const account = state.accounts.find(({ id }) => id === appPassword.user)
    return account && appPassword.loginName === name ? { account, appPassword } : undefined
  }
  const account = state.accounts.find(({ id, loginName, email }) =>
    [id, loginName, email].includes(name),
  )
  if (!account || !equal(account.password, secret)) return undefined
  // With a second factor only app passwords work:
  // https://docs.nextcloud.com/server/latest/user_manual/en/user_2fa.html
  if (state.settings.twoFactor.includes(account.id)) return undefined
  return { account, appPassword: undefined }
}

function equal(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(one), hash(other))
}
