// Login Flow v2: a start, a page where a person grants access, and one poll that fetches the app password.
import { createAppPassword, randomToken } from './nextcloud-auth.ts'
import { donePage, forbiddenPage, grantPage } from './nextcloud-page.ts'
import type { LoginFlow, NextcloudAccount, NextcloudState } from './nextcloud-state.ts'

// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/LoginFlow/index.html

export interface FrontRequest {
  readonly method: string
  /** The path behind `/index.php`, or behind the web root with pretty URLs. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: () => Promise<string>
  /** Origin and web root as the client used them. */
  readonly base: string
}

const notYet = () => Response.json([], { status: 404 })

/** The answer to a request below `/login`, or undefined for another path. */
export async function answerLogin(
  state: NextcloudState,
  request: FrontRequest,
): Promise<Response | undefined> {
  const { method, path } = request
  if (path === '/login/v2' && method === 'POST') return start(state, request)
  if (path === '/login/v2/poll' && method === 'POST') return poll(state, await readToken(request))
  if (path === '/login/v2/grant' && method === 'POST') return decide(state, request)
  const [, token] = /^\/login\/v2\/flow\/([^/]+)$/.exec(path) ?? []
  if (token !== undefined && method === 'GET') {
    const flow = findFlow(state, token)
    if (!flow || flow.granted) return html(forbiddenPage(), 403)
    const action = `${urlOf(state, request.base)}/login/v2/grant`
    return html(grantPage(flow.client, action, flow.loginToken, state.accounts), 200)
  }
  if (/^\/login\/v2(?:\/|$)/.test(path)) return new Response('Method Not Allowed', { status: 405 })
  return undefined
}

/** The live login with this login token, this poll token, or this login URL. */
export function findFlow(state: NextcloudState, token: string): LoginFlow | undefined {
  const { now, loginLifetimeMs } = state.settings
  for (const flow of state.flows) {
    if (flow.startedAt + loginLifetimeMs <= now()) state.flows.delete(flow)
  }
  const last = token.split('/').at(-1) ?? ''
  return [...state.flows].find(({ loginToken, pollToken }) =>
    [loginToken, pollToken].includes(last),
  )
}

/** Consents as an account: from now on the poll token fetches a new app password, once. */
export function grant(state: NextcloudState, flow: LoginFlow, account: NextcloudAccount): void {
  const { loginName, password: appPassword } = createAppPassword(state, account, flow.client)
  flow.granted = { server: flow.server, loginName, appPassword }
}

function start(state: NextcloudState, request: FrontRequest): Response {
  const client = request.headers.get('user-agent')
  // The vendor takes none and shows the user a nameless client; no client should ask for consent that way.
  if (client === null || client === '')
    return new Response('A User-Agent is needed', { status: 400 })
  const flow: LoginFlow = {
    pollToken: randomToken(128),
    loginToken: randomToken(128),
    client,
    server: advertised(state, request.base),
    startedAt: state.settings.now(),
  }
  state.flows.add(flow)
  const url = urlOf(state, request.base)
  return Response.json({
    poll: { token: flow.pollToken, endpoint: `${url}/login/v2/poll` },
    login: `${url}/login/v2/flow/${flow.loginToken}`,
  })
}

/** 404 for pending, expired, unknown and fetched alike: core/Controller/ClientFlowLoginV2Controller.php */
function poll(state: NextcloudState, token: string): Response {
  const flow = findFlow(state, token)
  if (!flow?.granted || flow.pollToken !== token) return notYet()
  state.flows.delete(flow)
  return Response.json(flow.granted)
}

async function decide(state: NextcloudState, request: FrontRequest): Promise<Response> {
  const form = new URLSearchParams(await request.body())
  const flow = findFlow(state, form.get('token') ?? '')
  const account = state.accounts.find(({ id }) => id === form.get('account'))
  if (!flow || flow.granted || flow.loginToken !== form.get('token')) {
    return html(forbiddenPage(), 403)
  }
  if (form.get('decision') === 'deny') {
    state.flows.delete(flow)
    return html(donePage(false), 200)
  }
  if (!account) return html(forbiddenPage(), 403)
  grant(state, flow, account)
  return html(donePage(true), 200)
}

/** The framework reads a parameter from the query, a form or JSON: lib/private/AppFramework/Http/Request.php */
async function readToken(request: FrontRequest): Promise<string> {
  const type = request.headers.get('content-type') ?? ''
  const body = await request.body()
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const token = new URLSearchParams(body).get('token')
    if (token !== null) return token
  }
  return request.query.get('token') ?? ''
}

/** The base in the URLs that the server makes: its own belief, where a proxy hides the truth from it. */
function advertised({ settings }: NextcloudState, base: string): string {
  const { advertisedOrigin } = settings
  return advertisedOrigin === undefined
    ? base
    : advertisedOrigin + new URL(`${base}/`).pathname.replace(/\/$/, '')
}

function urlOf(state: NextcloudState, base: string): string {
  return advertised(state, base) + (state.settings.prettyUrls ? '' : '/index.php')
}

function html(body: string, status: number): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/html; charset=UTF-8' } })
}
