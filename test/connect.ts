// What a user does to connect a drive, by HTTP: initiate, the vendor's consent page, the callback.
import { authorize } from './emulators/oauth-server.ts'
import type { Client, Slipway } from './harness.ts'

export interface ConnectOptions {
  readonly account?: string
  readonly deny?: boolean
  readonly scopes?: readonly string[]
  /** Query of `initiate` besides the mode. */
  readonly query?: Readonly<Record<string, string>>
  /** Whether the callback comes from the browser that started: with the binding cookie. */
  readonly sameBrowser?: boolean
}

export interface Initiated {
  readonly authorizationUrl: string
  readonly attemptId: string
  readonly cookie: string
}

/** GET initiate as JSON. */
export async function initiate(
  client: Client,
  provider: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Initiated> {
  const response = await client(
    `/api/cloud/oauth/initiate/${provider}?${new URLSearchParams(query)}`,
    { headers: { accept: 'application/json' } },
  )
  if (response.status !== 200)
    throw new Error(`initiate: ${response.status} ${await response.text()}`)
  const body = (await response.json()) as { authorization_url: string; attempt_id: string }
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { authorizationUrl: body.authorization_url, attemptId: body.attempt_id, cookie }
}

/** The browser's way back from the vendor. Returns the Worker's answer to the callback. */
export async function callback(callbackUrl: string, cookie: string | undefined): Promise<Response> {
  return fetch(callbackUrl, { redirect: 'manual', headers: cookie ? { cookie } : {} })
}

/** Connects and returns the connection as the API shows it. */
export async function connect(
  app: Slipway,
  user: string,
  provider: string,
  options: ConnectOptions = {},
): Promise<{ id: string; [key: string]: unknown }> {
  const client = app.as(user)
  const started = await initiate(client, provider, options.query)
  const back = await authorize(started.authorizationUrl, options)
  const answer = await callback(back, started.cookie)
  await answer.text()
  const attempt = await client(`/api/cloud/oauth/attempts/${started.attemptId}`)
  const body = (await attempt.json()) as { status: string; connection?: { id: string } }
  if (body.status !== 'completed' || body.connection === undefined) {
    throw new Error(`the attempt ended as ${JSON.stringify(body)}`)
  }
  return body.connection
}

/** POST connections/webdav against the DAV emulator. */
export async function connectWebdav(
  app: Slipway,
  user: string,
  server: { readonly url: string; readonly username: string; readonly password: string } = {
    url: `${app.emulators.url}/dav-server/`,
    username: 'mia',
    password: 'secret',
  },
): Promise<{ id: string }> {
  const response = await app.as(user)('/api/cloud/connections/webdav', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      provider: 'webdav',
      server_url: server.url,
      username: server.username,
      password: server.password,
    }),
  })
  if (response.status !== 201)
    throw new Error(`webdav: ${response.status} ${await response.text()}`)
  return (await response.json()) as { id: string }
}

/** POST connections/webdav against the Nextcloud emulator, with a password. */
export async function connectNextcloud(
  app: Slipway,
  user: string,
  server_url = `${app.emulators.url}${app.emulators.nextcloud.webRoot}`,
  username = 'mia',
  password = 'secret',
): Promise<{ id: string; [key: string]: unknown }> {
  const response = await app.as(user)('/api/cloud/connections/webdav', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'nextcloud', server_url, username, password }),
  })
  const body = (await response.json()) as { id: string }
  if (response.status !== 201) throw new Error(`nextcloud: ${JSON.stringify(body)}`)
  return body
}
