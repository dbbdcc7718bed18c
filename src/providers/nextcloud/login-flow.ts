// Login Flow v2: the user signs in at the server, and the server hands out an app password for us.
// Source: docs.nextcloud.com, developer manual, "Login flow".
import { discard, readJson } from '../../net/body.ts'
import type { Session } from '../contract.ts'
import type { GrantedLogin, LoginFlow, StartedLogin } from '../sign-in.ts'
import { checkProblem, discover } from './server.ts'

interface Begun {
  readonly poll?: { readonly token?: unknown; readonly endpoint?: unknown }
  readonly login?: unknown
}

interface Granted {
  readonly server?: unknown
  readonly loginName?: unknown
  readonly appPassword?: unknown
}

/** What is kept sealed between two polls. */
interface Ticket {
  readonly endpoint: string
  readonly token: string
}

export const loginFlow: LoginFlow = {
  lifetime: 20 * 60_000,
  begin,
  poll,
}

async function begin(session: Session, client: string): Promise<StartedLogin> {
  const base = await discover(session)
  const response = await session.http({
    url: `${base}index.php/login/v2`,
    method: 'POST',
    // It becomes the name of the app password, and stands on the page on which the user grants it.
    headers: { 'user-agent': client, accept: 'application/json' },
    body: '',
  })
  if (!response.ok) {
    await discard(response)
    throw checkProblem('The server does not offer signing in through the browser.')
  }
  const body = await readJson<Begun | null>(response, { limit: 64 * 1024 }).catch(() => null)
  const { token, endpoint } = body?.poll ?? {}
  if (
    typeof token !== 'string' ||
    typeof endpoint !== 'string' ||
    typeof body?.login !== 'string'
  ) {
    throw checkProblem('The server did not start the sign-in.')
  }
  const ticket: Ticket = { endpoint: onOrigin(endpoint, base), token }
  return {
    loginUrl: onOrigin(body.login, base),
    serverUrl: base,
    ticket: JSON.stringify(ticket),
  }
}

/** Pending, expired and already fetched are all 404: the caller has its own clock. */
async function poll(
  session: Session,
  ticket: string,
  client: string,
): Promise<GrantedLogin | undefined> {
  const { endpoint, token } = JSON.parse(ticket) as Ticket
  const response = await session.http({
    url: endpoint,
    method: 'POST',
    headers: {
      'user-agent': client,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token }).toString(),
    // The password is given out once: a second try could only lose it.
    replay: false,
  })
  if (response.status !== 200) {
    await discard(response)
    return undefined
  }
  const body = await readJson<Granted | null>(response, { limit: 64 * 1024 })
  const { server, loginName, appPassword } = body ?? {}
  if (typeof loginName !== 'string' || typeof appPassword !== 'string') {
    throw checkProblem('The server granted the sign-in in a form that cannot be read.')
  }
  const base = session.serverUrl ?? ''
  const named = new URL(typeof server === 'string' ? onOrigin(server, base) : base)
  return {
    serverUrl: named.origin + named.pathname.replace(/\/*$/, '/'),
    username: loginName,
    password: appPassword,
  }
}

/**
 * The server makes its URLs from its own configuration: behind a proxy with another scheme or an internal name. The user has vouched
 * for one origin, and nothing leaves it.
 */
function onOrigin(url: string, base: string): string {
  const named = URL.canParse(url, base) ? new URL(url, base) : undefined
  // Any other scheme has a path that could become a host.
  if (named === undefined || !/^https?:$/.test(named.protocol)) {
    throw checkProblem('The server named an address that cannot be used.')
  }
  const own = new URL(base)
  own.pathname = named.pathname
  own.search = named.search
  return own.href
}
