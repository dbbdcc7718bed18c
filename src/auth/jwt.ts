// Verifies a caller's JWT (RFC 7519) with pinned algorithms and the one configured kind of key.
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwksCache,
  jwtVerify,
  type JWKSCacheInput,
  type JWTPayload,
  type JWTVerifyOptions,
} from 'jose'
import type { Services } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import { type Caller, unauthorized } from './roles.ts'

const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** The actor of the audit log's entries for what nobody asked for. */
const SYSTEM = 'system'

/** Keys outlive a request; the transport does not. So the set is made anew and the cache kept, per URL. */
const keyCaches = new Map<string, JWKSCacheInput>()

type AuthServices = Pick<Services, 'settings' | 'transport' | 'now'>

/** The caller a token stands for. Throws `unauthorized`, or 503 when the key set is out of reach: never a pass. */
export async function verifyToken(
  services: AuthServices,
  token: string,
  byCookie: boolean,
): Promise<Caller> {
  const { auth } = services.settings
  const payload = await verify(services, token)
  if (typeof payload.sub !== 'string' || payload.sub === '' || payload.sub.length > 255) {
    throw unauthorized('The token names no subject.')
  }
  // Whoever asked as this would see, and be taken for, what happens without anybody asking.
  if (payload.sub === SYSTEM) throw unauthorized('The token’s subject is nobody’s.')
  return {
    userId: payload.sub,
    email: typeof payload['email'] === 'string' ? payload['email'] : undefined,
    isAdmin: hasRole(payload[auth.roleClaim], auth.adminValue),
    byCookie,
  }
}

async function verify(services: AuthServices, token: string): Promise<JWTPayload> {
  const { auth } = services.settings
  const options: JWTVerifyOptions = {
    algorithms: auth.jwtSecret === undefined ? ASYMMETRIC : ['HS256'],
    requiredClaims: ['exp', 'sub'],
    currentDate: new Date(services.now()),
    ...(auth.issuer === undefined ? {} : { issuer: auth.issuer }),
    ...(auth.audience === undefined ? {} : { audience: auth.audience }),
  }
  try {
    // The key is ours alone: jose reads no `jku`, `x5u` or `jwk` header here.
    if (auth.jwtSecret !== undefined) {
      return (await jwtVerify(token, new TextEncoder().encode(auth.jwtSecret), options)).payload
    }
    return (await jwtVerify(token, remoteKeys(services, auth.jwksUrl ?? ''), options)).payload
  } catch (error) {
    if (error instanceof KeySetUnreachable || error instanceof errors.JWKSTimeout) {
      throw keySetProblem(error)
    }
    if (error instanceof errors.JWKSInvalid) throw keySetProblem(error)
    if (error instanceof errors.JWTExpired) throw unauthorized('The token has expired.', error)
    if (error instanceof errors.JOSEError) throw unauthorized('The token is not valid.', error)
    throw error
  }
}

class KeySetUnreachable extends Error {}

function remoteKeys({ transport }: AuthServices, url: string) {
  const cache = keyCaches.get(url) ?? ({} as JWKSCacheInput)
  keyCaches.set(url, cache)
  return createRemoteJWKSet(new URL(url), {
    [jwksCache]: cache,
    [customFetch]: async (target: string, { signal }: { readonly signal: AbortSignal }) => {
      const origins = [new URL(url).origin]
      const answer = await transport
        .send(
          // Callers wait for this: a key set that ails is not asked again and again.
          { url: target, headers: { accept: 'application/json' }, replay: false, signal },
          { kind: 'origins', origins },
        )
        .catch((error: unknown) => {
          throw new KeySetUnreachable('no answer', { cause: error })
        })
      if (answer.status === 200) return answer
      await answer.body?.cancel()
      throw new KeySetUnreachable(`status ${answer.status}`)
    },
  })
}

function keySetProblem(cause: unknown): Problem {
  return new Problem('internal', 'The identity provider’s keys are out of reach.', {
    status: 503,
    retryAfter: 10,
    cause,
  })
}

function hasRole(claim: unknown, value: string): boolean {
  return Array.isArray(claim) ? claim.includes(value) : claim === value
}
