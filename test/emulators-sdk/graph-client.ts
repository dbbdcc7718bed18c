// Signs in at the emulated Entra as a user would, and makes Microsoft's own client for Graph: it sees real host names only.
import { createHash, randomBytes } from 'node:crypto'
import {
  AuthenticationHandler,
  Client,
  RedirectHandler,
  RetryHandler,
  TelemetryHandler,
  type Context,
  type Middleware,
} from '@microsoft/microsoft-graph-client'
import { authorize } from '../emulators/oauth-server.ts'
import type { Emulators } from '../emulators/server.ts'

export interface Item {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly file?: { readonly hashes: { readonly quickXorHash?: string } }
  readonly '@microsoft.graph.downloadUrl'?: string
}

interface App {
  readonly provider: 'onedrive' | 'microsoft_365'
  readonly scope: string
}

export const ONEDRIVE: App = {
  provider: 'onedrive',
  scope: 'offline_access User.Read Files.ReadWrite',
}
export const MICROSOFT_365: App = {
  provider: 'microsoft_365',
  scope:
    'Files.ReadWrite.All Sites.Read.All Team.ReadBasic.All Channel.ReadBasic.All User.Read offline_access',
}

const VERIFIER = 'a-code-verifier-of-at-least-forty-three-characters'
export const entraOf = ({ url }: Emulators, tenant = 'common') =>
  `${url}/login.microsoftonline.com/${tenant}/oauth2/v2.0`

export function clientOf({ clients }: Emulators, { provider }: App) {
  const name = provider.toUpperCase()
  return {
    id: clients[`${name}_CLIENT_ID`] ?? '',
    secret: clients[`${name}_CLIENT_SECRET`] ?? '',
    callback: `http://localhost:8787/api/cloud/oauth/callback/${provider}`,
  }
}

/** The way back from the page of Entra, where Allow or Deny was pressed. */
export async function consent(
  emulators: Emulators,
  app: App,
  options: Parameters<typeof authorize>[1],
): Promise<URLSearchParams> {
  const { id, callback } = clientOf(emulators, app)
  const query = new URLSearchParams({
    client_id: id,
    redirect_uri: callback,
    response_type: 'code',
    response_mode: 'query',
    scope: app.scope,
    state: randomBytes(24).toString('base64url'),
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const url = `${entraOf(emulators)}/authorize?${query.toString()}`
  return new URL(await authorize(url, options)).searchParams
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly scope: string
}

/** POST of the token endpoint, as the app that it is. */
export function askToken(
  emulators: Emulators,
  app: App,
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  const { id, secret } = clientOf(emulators, app)
  const body = new URLSearchParams({ client_id: id, client_secret: secret, ...fields })
  return fetch(`${entraOf(emulators)}/token`, { method: 'POST', body })
}

/** The fields of the exchange of a code that came back. */
export const exchangeOf = (emulators: Emulators, app: App, back: URLSearchParams) => ({
  grant_type: 'authorization_code',
  redirect_uri: clientOf(emulators, app).callback,
  code: back.get('code') ?? '',
  code_verifier: VERIFIER,
})

export async function signIn(emulators: Emulators, app: App, account: string): Promise<Tokens> {
  const back = await consent(emulators, app, { account })
  const answer = await askToken(emulators, app, exchangeOf(emulators, app, back))
  if (answer.status !== 200) throw new Error(`no token: ${await answer.text()}`)
  return (await answer.json()) as Tokens
}

/** The network between the SDK and the emulators: the SDK sends a token to Graph's real name over https, and nowhere else. */
class MappedNetwork implements Middleware {
  constructor(readonly url: string) {}

  async execute(context: Context): Promise<void> {
    if (typeof context.request !== 'string') throw new Error('the SDK sends by URL')
    const sent = context.request.replace(/^https:\//, this.url)
    const headers = new Headers(context.options?.headers as HeadersInit)
    headers.set('x-slipway-norecord', '1')
    const answer = await fetch(sent, { ...context.options, headers } as RequestInit)
    const real = new Headers(answer.headers)
    const toReal = (text: string) => text.replaceAll(`${this.url}/`, 'https://')
    const location = real.get('location')
    if (location !== null) real.set('location', toReal(location))
    const isJson = real.get('content-type')?.startsWith('application/json') === true
    const body = isJson ? toReal(await answer.text()) : answer.body
    // As it came from the network, with the URL that a redirect is compared with.
    context.response = new Response(body, { status: answer.status, headers: real })
    Object.defineProperty(context.response, 'url', { value: context.request })
  }
}

export function createClient({ url }: Emulators, token: string): Client {
  const auth = new AuthenticationHandler({ getAccessToken: () => Promise.resolve(token) })
  const chain = [new RetryHandler(), new RedirectHandler(), new TelemetryHandler()]
  let last: Middleware = auth
  for (const next of [...chain, new MappedNetwork(url)]) {
    last.setNext?.(next)
    last = next
  }
  return Client.initWithMiddleware({ middleware: auth })
}

export async function readBytes(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.from(await new Response(stream).arrayBuffer())
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
