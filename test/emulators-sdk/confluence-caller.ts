// Calls Atlassian's hosts at the emulators with plain HTTP, as whoever holds a token does.
import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { authorize } from '../emulators/oauth-server.ts'
import type { Emulators } from '../emulators/server.ts'

export const ANN = 'ann@acme.example'
export const BO = 'bo@acme.example'
export const ACME = '1324a887-45db-4bf4-8e99-ef0ff456d421'
export const VERIFIER = 'a-code-verifier-of-at-least-forty-three-characters'
/** What opens REST v2 and the search. */
export const GRANULAR = [
  'read:space:confluence',
  'read:page:confluence',
  'read:hierarchical-content:confluence',
  'read:content.metadata:confluence',
  'read:folder:confluence',
  'read:attachment:confluence',
  'read:content-details:confluence',
  'read:me',
  'offline_access',
].join(' ')

const CALLBACK = 'http://localhost:8787/api/cloud/oauth/callback/confluence'

export interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly scope: string
}

export interface Row {
  readonly id: string
  readonly title: string
  readonly type: string
  readonly status: string
  readonly parentType: string | null
}

export interface List {
  readonly results: readonly Row[]
  readonly _links: { readonly next?: string; readonly base: string }
}

/** With fields that are changed, or left out. */
export function authorizationUrl(
  emulators: Emulators,
  scope = GRANULAR,
  change: Record<string, string | undefined> = {},
): string {
  const query = new URLSearchParams({
    audience: 'api.atlassian.com',
    client_id: emulators.clients['CONFLUENCE_CLIENT_ID'] ?? '',
    scope,
    redirect_uri: CALLBACK,
    state: randomBytes(24).toString('base64url'),
    response_type: 'code',
    prompt: 'consent',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  })
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  return `${emulators.url}/auth.atlassian.com/authorize?${query.toString()}`
}

/** The token endpoint, with the client's own fields beside these. */
export function askToken(emulators: Emulators, fields: Record<string, string>): Promise<Response> {
  return fetch(`${emulators.url}/auth.atlassian.com/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: emulators.clients['CONFLUENCE_CLIENT_ID'],
      client_secret: emulators.clients['CONFLUENCE_CLIENT_SECRET'],
      ...fields,
    }),
  })
}

/** The fields that redeem a consent. */
export async function consent(
  emulators: Emulators,
  account = ANN,
  scope = GRANULAR,
  resources?: readonly string[],
): Promise<Record<string, string>> {
  const url = authorizationUrl(emulators, scope)
  const back = new URL(await authorize(url, { account, resources }))
  return {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  }
}

export async function signIn(
  emulators: Emulators,
  account = ANN,
  scope = GRANULAR,
  resources?: readonly string[],
): Promise<Tokens> {
  const answer = await askToken(emulators, await consent(emulators, account, scope, resources))
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

export const refresh = (emulators: Emulators, token: string | undefined) =>
  askToken(emulators, { grant_type: 'refresh_token', refresh_token: token ?? '' })

/** Below the host of the API. */
export function ask(
  emulators: Emulators,
  path: string,
  token: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${emulators.url}/api.atlassian.com${path}`, {
    redirect: 'manual',
    ...init,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...init.headers },
  })
}

/** A site whose API is called with one token. */
export function siteOf(emulators: Emulators, token: string, cloudId = ACME) {
  const call = (path: string, init?: RequestInit) =>
    ask(emulators, `/ex/confluence/${cloudId}/wiki${path}`, token, init)
  const read = async <T>(path: string): Promise<T> => {
    const answer = await call(path)
    expect([path, answer.status]).toEqual([path, 200])
    return (await answer.json()) as T
  }
  return {
    call,
    read,
    statusOf: async (path: string, init?: RequestInit) => (await call(path, init)).status,
    /** Status and body. */
    refused: async (path: string, init?: RequestInit): Promise<[number, string]> => {
      const answer = await call(path, init)
      return [answer.status, await answer.text()]
    },
    /** The whole of a v2 listing, by its cursors. */
    readAll: async (path: string): Promise<Row[]> => {
      const rows: Row[] = []
      for (let next: string | undefined = path; next !== undefined;) {
        const page: List = await read<List>(next)
        rows.push(...page.results)
        expect(page._links.next ?? '/wiki/api/v2/').toMatch(/^\/wiki\/api\/v2\//)
        next = page._links.next?.replace('/wiki', '')
      }
      return rows
    },
  }
}

export type Site = ReturnType<typeof siteOf>
