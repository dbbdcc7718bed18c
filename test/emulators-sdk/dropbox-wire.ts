// Speaks to the Dropbox emulator request by request, and reads its refusals, for what no SDK ever sends.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { authorize } from '../emulators/oauth-server.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'

const CALLBACK = 'http://localhost:8787/api/cloud/oauth/callback/dropbox'
const VERIFIER = 'a-code-verifier-of-at-least-forty-three-characters'
export const MIA = 'mia@example.com'

interface Tagged {
  readonly '.tag': string
  readonly [name: string]: unknown
}

interface Answer {
  readonly error: Tagged
  readonly error_summary: string
  readonly [name: string]: unknown
}

export let emulators: Emulators
let token = ''

/** Starts the emulators for a test file; each test begins signed in as Mia. */
export function useDropbox(): void {
  beforeAll(async () => {
    emulators = await startEmulators({ port: 0 })
  })
  afterAll(() => emulators.close())
  beforeEach(async () => {
    emulators.reset()
    await actAs(MIA)
  })
}

/** Requests from now on carry this token. */
export function useToken(value: string): void {
  token = value
}

export async function actAs(account: string, more = {}): Promise<void> {
  useToken(String((await signIn(account, more))['access_token']))
}

export const authorizeUrl = (more: Record<string, string> = {}) =>
  `${emulators.url}/www.dropbox.com/oauth2/authorize?${new URLSearchParams({
    client_id: emulators.clients['DROPBOX_CLIENT_ID'] ?? '',
    redirect_uri: CALLBACK,
    response_type: 'code',
    token_access_type: 'offline',
    state: randomBytes(24).toString('base64url'),
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  })}`

export const askToken = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${emulators.url}/api.dropboxapi.com/oauth2/token`, {
    method: 'POST',
    headers: { ...headers, 'x-slipway-norecord': '1' },
    body: new URLSearchParams(fields),
  })

export const secrets = () => ({
  client_id: emulators.clients['DROPBOX_CLIENT_ID'] ?? '',
  client_secret: emulators.clients['DROPBOX_CLIENT_SECRET'] ?? '',
})

export async function signIn(account: string, more = {}): Promise<Record<string, unknown>> {
  const back = new URL(await authorize(authorizeUrl(more), { account }))
  const answer = await askToken({
    ...secrets(),
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  })
  return (await answer.json()) as Record<string, unknown>
}

export function send(host: string, route: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('x-slipway-norecord', '1')
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
  const url = `${emulators.url}/${host}.dropboxapi.com/2/${route}`
  return fetch(url, { method: 'POST', ...init, headers })
}

export const rpc = (route: string, argument: unknown, headers: Record<string, string> = {}) =>
  send('api', route, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(argument),
  })

export const upload = (route: string, argument: unknown, body: BodyInit = '') =>
  send('content', route, {
    headers: {
      'content-type': 'application/octet-stream',
      'dropbox-api-arg': JSON.stringify(argument),
    },
    body,
  })

export const download = (argument: unknown, headers: Record<string, string> = {}) =>
  send('content', 'files/download', {
    headers: { ...headers, 'dropbox-api-arg': JSON.stringify(argument) },
  })

/** A refusal in JSON, which carries its tags in its summary too. */
export async function refused(response: Promise<Response>, status: number): Promise<Tagged> {
  const answer = await response
  const text = await answer.text()
  expect(`${answer.status} ${text}`).toMatch(new RegExp(`^${status} \\{`))
  const { error, error_summary: summary } = JSON.parse(text) as Answer
  if ('.tag' in error) expect(summary).toMatch(new RegExp(`^${error['.tag']}/.*\\.$`))
  return error
}

/** A refusal in text, which names the function. */
export async function malformed(response: Promise<Response>): Promise<string> {
  const answer = await response
  expect(answer.status).toBe(400)
  expect(answer.headers.get('x-dropbox-request-id')).toMatch(/^[0-9a-f]{32}$/)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  const text = await answer.text()
  expect(text).toMatch(/^Error in call to API function "[a-z_/0-9]+": /)
  return text
}

export async function ok(response: Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await response
  const text = await answer.text()
  expect(`${answer.status} ${text}`).toMatch(/^200 /)
  return JSON.parse(text) as Record<string, unknown>
}

/** The plainest of refusals. */
export const pathError = (tag: string) => ({ '.tag': 'path', path: { '.tag': tag } })

export const exportFile = (argument: object) =>
  send('content', 'files/export', { headers: { 'dropbox-api-arg': JSON.stringify(argument) } })
