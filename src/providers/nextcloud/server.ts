// Finds a Nextcloud behind what a user typed, and asks it who signed in. Source: docs.nextcloud.com, developer manual, OCS API.
import { discard, readJson } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Session } from '../contract.ts'

/** What users copy from the address bar besides the server's address. */
const TAILS = /\/(?:index\.php|apps|login|remote\.php|s|status\.php|settings)(?:\/.*)?$/
/** Where installations lie that are not at the top. */
const USUAL_FOLDERS = ['nextcloud/', 'owncloud/', 'cloud/']

interface Status {
  readonly installed?: unknown
  readonly maintenance?: unknown
  readonly needsDbUpgrade?: unknown
}

/**
 * The server's base URL, with a trailing slash: what was typed, a folder above it, or one of the usual ones. The product's name is not
 * looked at: it can be themed. Throws `server_check_failed` that says what is wrong.
 */
export async function discover(session: Session): Promise<string> {
  for (const base of candidates(session.serverUrl ?? '')) {
    const found = await findStatus(session, base)
    if (found !== undefined) return found
  }
  throw checkProblem('There is no Nextcloud at this address.')
}

function candidates(typed: string): string[] {
  const url = new URL(typed)
  const start = `${url.origin}${url.pathname.replace(TAILS, '').replace(/\/*$/, '/')}`
  const found = [start]
  for (let at = start; at.length > url.origin.length + 1;) {
    at = at.replace(/[^/]+\/$/, '')
    found.push(at)
  }
  const usual = USUAL_FOLDERS.map((folder) => `${url.origin}/${folder}`)
  return [...new Set([...found, ...usual])].slice(0, 8)
}

/** Undefined where there is something else, or nothing. */
async function findStatus(session: Session, base: string): Promise<string | undefined> {
  const response = await session.http({
    url: `${base}status.php`,
    headers: { accept: 'application/json' },
    redirect: 'follow',
  })
  if (!response.ok) {
    await discard(response)
    if (isPassing(response.status)) throw failedCheck(response.status)
    return undefined
  }
  const url = new URL(response.url)
  if (url.origin !== new URL(base).origin) {
    await discard(response)
    throw checkProblem('The server sends us to another one; enter the address of that one.')
  }
  const status = await readJson<Status | null>(response, { limit: 64 * 1024 }).catch(() => null)
  if (typeof status?.installed !== 'boolean' || !url.pathname.endsWith('/status.php')) {
    return undefined
  }
  if (!status.installed) throw checkProblem('The Nextcloud at this address is not installed yet.')
  if (status.maintenance === true) {
    throw new Problem('provider_unavailable', 'The Nextcloud is in maintenance; try again later.')
  }
  if (status.needsDbUpgrade === true) {
    const words = 'The Nextcloud waits for an upgrade; its administrator must finish that.'
    throw new Problem('provider_unavailable', words)
  }
  return url.origin + url.pathname.slice(0, -'status.php'.length)
}

export interface NextcloudUser {
  /** Stands in every path; often another than the name one signs in with. */
  readonly id: string
  readonly email: string | undefined
  readonly name: string | undefined
}

interface OcsUser {
  readonly ocs?: {
    readonly data?: {
      readonly id?: unknown
      readonly email?: unknown
      readonly displayname?: unknown
      readonly 'display-name'?: unknown
    }
  }
}

/** A request to the OCS API: without its header the server takes it for a forged one. */
export const ocsHeaders = { 'ocs-apirequest': 'true', accept: 'application/json' }

export const userUrl = (base: string) => `${base}ocs/v2.php/cloud/user?format=json`

/** The user whose credentials the session carries. */
export async function findUser(session: Session, base: string): Promise<NextcloudUser> {
  const response = await session.http({ url: userUrl(base), headers: ocsHeaders })
  if (!response.ok) {
    await discard(response)
    throw failedCheck(response.status)
  }
  const body = await readJson<OcsUser | null>(response, { limit: 1024 * 1024 }).catch(() => null)
  const data = body?.ocs?.data
  if (typeof data?.id !== 'string' || data.id === '' || /^\.{1,2}$/.test(data.id)) {
    throw checkProblem('The server did not say whose account this is.')
  }
  return {
    id: data.id,
    email: textOf(data.email),
    name: textOf(data.displayname) ?? textOf(data['display-name']),
  }
}

/** What an answer in the course of connecting means. */
export function failedCheck(status: number): Problem {
  if (status === 401) {
    return checkProblem(
      'The user name or the password is wrong. With two-factor sign-in an app password is needed.',
    )
  }
  if (status === 403) return checkProblem('The server does not let this user in.')
  if (status === 429) {
    const words = 'The server has seen too many wrong passwords; try again later.'
    return new Problem('rate_limited', words)
  }
  return isPassing(status)
    ? new Problem('provider_unavailable', 'The server could not answer; try again later.')
    : checkProblem('The server did not say whose account this is.')
}

/** A failure that says nothing about the address or the password. */
export const isPassing = (status: number) => status === 429 || status >= 500

export const checkProblem = (detail: string) => new Problem('server_check_failed', detail)

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
