// Bearer tokens on every request to a vendor's API: good ones, refreshed before they end and when the vendor says that they have.
import type { Services } from '../app-context.ts'
import { discard, readText } from '../net/body.ts'
import type { Outbound, TargetPolicy } from '../net/http.ts'
import { Problem } from '../problems/problem.ts'
import type { Provider, Session } from '../providers/contract.ts'
import type { OAuth2 } from '../providers/sign-in.ts'
import type { AccessToken } from './refresh.ts'
import type { Connection } from './schema.ts'
import { requireReauth } from './status.ts'
import { accessToken, isEnding, nextAccessToken, renewAccessToken } from './tokens.ts'

/** What a token may be sent to. */
export function apiPolicy(provider: Provider): TargetPolicy {
  if (provider.origins === 'server') throw new Error('a server provider has no API origins')
  return { kind: 'origins', origins: provider.origins }
}

/** Sends with a token that is not stored, or no more. */
export function fixedBearerHttp(
  services: Services,
  provider: Provider,
  token: string,
): Session['http'] {
  const policy = apiPolicy(provider)
  return (request) => services.transport.send(withToken(request, token), policy)
}

function withToken(request: Outbound, token: string): Outbound {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }
}

/** How often a session looks for a newer token, where the one at hand is about to end. */
const RECHECK_MS = 5000

/** Bearer (RFC 6750): refreshed before it ends, and once when the vendor says that it has ended all the same. */
export function bearerHttp(
  services: Services,
  provider: Provider,
  { judgeRefusal }: OAuth2,
  connection: Connection,
) {
  const policy = apiPolicy(provider)
  let current: Promise<AccessToken> | undefined
  let asked = services.now()
  const send = async (request: Outbound, token: string) => {
    return judge(await services.transport.send(withToken(request, token), policy), judgeRefusal)
  }

  return async (request: Outbound): Promise<Response> => {
    current ??= accessToken(services, connection)
    // An upload may outlive the token that it began with; one that could not be replaced is tried again by the next request.
    if (isEnding(await current, services.now()) && services.now() - asked > RECHECK_MS) {
      asked = services.now()
      current = nextAccessToken(services, connection)
    }
    const used = await current
    const first = await send(request, used.token)
    if (!first.expired || (first.answer.status !== 401 && isRecent(services, connection))) {
      return first.answer
    }
    await discard(first.answer)
    // Requests of one session that fail together share the refresh.
    if ((await current).version === used.version) {
      current = renewAccessToken(services, connection, used.version)
    }
    const renewed = await current
    if (request.body instanceof ReadableStream) {
      throw new Problem('provider_unavailable', 'The token had ended; send the bytes again.', {
        retryAfter: 1,
      })
    }
    const second = await send(request, renewed.token)
    if (!second.expired || second.answer.status !== 401) return second.answer
    // A token that is seconds old and refused all the same: the vendor has ended the grant, if it is the vendor that speaks.
    const body = await readText(second.answer, { limit: 256 * 1024 }).catch(() => '')
    if (!isJson(body) && !second.answer.headers.has('www-authenticate')) {
      throw new Problem('provider_unavailable', 'The provider refused a token it has just given.')
    }
    await requireReauth(services, { ...connection, tokenVersion: renewed.version })
    return new Response(body, { status: 401, headers: second.answer.headers })
  }
}

/** A page of HTML is a proxy's, and says nothing about a grant. */
function isJson(body: string): boolean {
  try {
    return typeof JSON.parse(body) === 'object'
  } catch {
    return false
  }
}

/** How old a token must be to be blamed for a refusal that may have other reasons. */
const BLAMELESS_MS = 60_000

/** Whether the token was refreshed just now: then a 403 or 404 is about something else. */
function isRecent({ now }: Pick<Services, 'now'>, { grantedAt, refreshedAt }: Connection): boolean {
  return refreshedAt > grantedAt && now() - refreshedAt < BLAMELESS_MS
}

/** Whether a refusal is about the token. A body that has to be read for that is put back. */
async function judge(
  answer: Response,
  judgeRefusal: OAuth2['judgeRefusal'],
): Promise<{ readonly answer: Response; readonly expired: boolean }> {
  const { status } = answer
  if (judgeRefusal === undefined || ![401, 403, 404].includes(status)) {
    return { answer, expired: status === 401 }
  }
  const body = await readText(answer, { limit: 256 * 1024 }).catch(() => '')
  const again = new Response(body, { status, headers: answer.headers })
  return { answer: again, expired: judgeRefusal(status, body) === 'expired' }
}
