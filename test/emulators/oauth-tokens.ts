// Which grant a token stands for: access tokens until they expire, refresh tokens under the three rules of rotation.
import type { OAuthRules, OAuthSettings } from './oauth-rules.ts'
import type { Grant } from './oauth-server.ts'

/** What a refusal says of a one-time refresh token that is not known, or no longer. */
export const UNKNOWN_TOKEN = 'Token is unknown or was exchanged for another.'

export class AccessTokens {
  readonly #live = new Map<string, { readonly grant: Grant; expiresAt: number }>()

  add(token: string, grant: Grant, seconds: number): void {
    this.#live.set(token, { grant, expiresAt: Date.now() + seconds * 1000 })
  }

  /** Whether it still works or not. */
  grantOf(token: string): Grant | undefined {
    return this.#live.get(token)?.grant
  }

  /** Who the value of an Authorization header is of; undefined when it is not valid. */
  authenticate(header: string | undefined): Grant | undefined {
    const token = /^Bearer (\S+)$/.exec(header ?? '')?.[1]
    const found = token === undefined ? undefined : this.#live.get(token)
    if (found === undefined || found.expiresAt <= Date.now() || !found.grant.alive) return undefined
    return found.grant
  }

  /** Of everybody, when no account is named. */
  expire(account: string | undefined): void {
    for (const token of this.#live.values()) {
      if (account === undefined || token.grant.account === account) token.expiresAt = 0
    }
  }

  clear(): void {
    this.#live.clear()
  }
}

/** What came of a refresh token that was handed in. */
export type Use =
  | { readonly grant: Grant; readonly rotates: boolean }
  | { readonly refusal: string; readonly account: string | undefined }

/** Kept for ever, replaced while the old one goes on working, or of one use. */
export class RefreshTokens {
  readonly #live = new Map<string, Grant>()
  /** When a one-time token was exchanged. */
  readonly #exchanged = new Map<string, { grant: Grant; at: number }>()

  constructor(readonly rotation: OAuthRules['rotation']) {}

  add(token: string, grant: Grant): void {
    this.#live.set(token, grant)
  }

  grantOf(token: string): Grant | undefined {
    return this.#live.get(token)
  }

  liveGrants(account: string): number {
    const live = [...this.#live.values()].filter((one) => one.account === account && one.alive)
    return new Set(live).size
  }

  /** Whoever comes with a one-time token again, after the interval in which that is forgiven, ends the grant. */
  use(token: string, settings: OAuthSettings): Use {
    const before = this.#exchanged.get(token)
    if (before !== undefined && Date.now() >= before.at + settings.reuseInterval * 1000) {
      before.grant.alive = false
      return { refusal: UNKNOWN_TOKEN, account: before.grant.account }
    }
    const once = this.rotation === 'one-time'
    const grant = this.#live.get(token) ?? before?.grant
    if (grant?.alive !== true) {
      const unknown = once && grant === undefined
      const refusal = unknown ? UNKNOWN_TOKEN : 'Token has been expired or revoked.'
      return { refusal, account: grant?.account }
    }
    const rotates = once || this.rotation === 'keep-old'
    if (once && before === undefined) this.#exchanged.set(token, { grant, at: Date.now() })
    if (once || (rotates && settings.rotateStrictly)) this.#live.delete(token)
    return { grant, rotates }
  }

  clear(): void {
    this.#live.clear()
    this.#exchanged.clear()
  }
}
