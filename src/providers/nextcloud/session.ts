// The user's files as a WebDAV folder: what a generic server does as well is left to its code.
import { readText } from '../../net/body.ts'
import { invalidField } from '../../problems/problem.ts'
import type { Session } from '../contract.ts'

/** Throws when the connection does not know its user: `identify` always stores it. */
export function userOf(session: Session): string {
  const { userId } = session.data
  if (userId === undefined) throw new Error('the connection has no Nextcloud user id')
  return userId
}

/** The server's base, with a trailing slash. */
export function serverOf(session: Session): string {
  if (session.serverUrl === undefined) throw new Error('a Nextcloud connection has a server URL')
  return session.serverUrl
}

/** A user id may be an address, or hold spaces. */
export function filesUrl(base: string, userId: string): string {
  return `${base}remote.php/dav/files/${encodeURIComponent(userId)}/`
}

/** The folder of an upload's parts; only letters and digits of our own stand in its name. */
export function transferUrl(session: Session, transfer: string): string {
  const user = encodeURIComponent(userOf(session))
  return `${serverOf(session)}remote.php/dav/uploads/${user}/${transfer}/`
}

/** The same session, whose server is the folder of the user's files. */
export function davSession(session: Session): Session {
  return {
    ...session,
    serverUrl: filesUrl(serverOf(session), userOf(session)),
    http: async (request) => checkName(await session.http(request)),
  }
}

/** A generic server says 400 to what is malformed; this one also to names that its administrator does not want. */
async function checkName(answer: Response): Promise<Response> {
  if (answer.status !== 400 && answer.status !== 403) return answer
  const body = await readText(answer, { limit: 64 * 1024 }).catch(() => '')
  if (/InvalidPath|ForbiddenFile|EmptyFileName/i.test(body)) {
    throw invalidField('name', 'is not allowed at this Nextcloud')
  }
  const again = new Response(body, { status: answer.status, headers: answer.headers })
  // Made anew it has no URL; whoever reads it looks there for the server that answered.
  return Object.defineProperty(again, 'url', { value: answer.url })
}
