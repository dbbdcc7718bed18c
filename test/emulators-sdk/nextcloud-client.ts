// A plain client for the Nextcloud emulator: it adds credentials and nothing else.
import type { Emulators } from '../emulators/server.ts'

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestInit['body']
}

export type Client = (path: string, call?: Call) => Promise<Response>

export const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

/** Calls paths below the web root; `name` undefined sends no credentials. */
export function clientOf(emulators: Emulators, name?: string, password = 'secret'): Client {
  const base = emulators.url + emulators.nextcloud.webRoot
  return (path, { method = 'GET', headers = {}, body } = {}) =>
    fetch(base + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(name === undefined ? {} : { authorization: basic(name, password) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
}

/** The status alone; the body is read, so that the connection can be used again. */
export async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer
  await response.arrayBuffer()
  return response.status
}

/** The status and what sabre says. */
export async function refusal(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer
  const text = await response.text()
  return [response.status, /<s:message>([^<]*)<\/s:message>/.exec(text)?.[1] ?? text]
}

/** A PROPFIND body that asks for these, prefixes `d`, `oc` and `nc` declared. */
export function asking(...props: string[]): string {
  const namespaces =
    'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"'
  const names = props.map((prop) => `<${prop}/>`).join('')
  return `<?xml version="1.0"?><d:propfind ${namespaces}><d:prop>${names}</d:prop></d:propfind>`
}

/** Decoded hrefs of a multistatus. */
export function hrefsIn(xml: string): string[] {
  return [...xml.matchAll(/<d:href>([^<]*)<\/d:href>/g)].map((match) =>
    decodeURIComponent((match[1] ?? '').replaceAll('&amp;', '&')),
  )
}
