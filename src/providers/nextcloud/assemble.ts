// The last step of a chunked upload: a MOVE that may outlast every proxy, and is asked after until it is known how it ended.
import { discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Session } from '../contract.ts'
import { checkWrite } from '../webdav/dav.ts'

export interface Assembly {
  /** The folder of the parts. */
  readonly from: string
  readonly destination: string
  readonly overwrite: boolean
  /** Bytes. */
  readonly size: number
  /** Whether the whole file is in its place. */
  readonly isThere: () => Promise<boolean>
  /** Whether anything has its name. */
  readonly isTaken: () => Promise<boolean>
}

/** Milliseconds for the MOVE, and for the server to go on with it afterwards: half a minute, and one more for each GiB. */
const deadlineOf = (size: number) => 30_000 + Math.ceil(size / 18_000)

/** How often a file is tried that somebody else holds. */
const LOCKED_TRIES = 4

/**
 * Puts the parts in their place. A gateway's time-out says nothing: the server goes on, answers 423 meanwhile, and 404 once the
 * parts are gone. Throws `provider_timeout` when the file is not there after the time its size allows.
 */
export async function assemble(session: Session, assembly: Assembly): Promise<void> {
  const deadline = deadlineOf(assembly.size)
  const end = session.now() + 2 * deadline
  // Whether a MOVE of ours may be under way at the server.
  let isStarted = false
  for (let tries = 1, pause = 500; ; tries++, pause = Math.min(pause * 1.5, 5000)) {
    const outcome = await requestMove(session, assembly, deadline)
    if (outcome === 'done') return
    if (outcome === 'gone') {
      if (await assembly.isThere()) return
      throw lost('The upload is no longer there; start it again.')
    }
    // A try of ours that has put the file there may not have cleared the parts away yet.
    if (outcome === 'refused' && !(isStarted && (await assembly.isThere()))) {
      // Either the name was taken meanwhile, or the server has forgotten what it knew of the upload.
      throw !assembly.overwrite && (await assembly.isTaken())
        ? new Problem('name_conflict')
        : lost('The server has lost the upload; start it again.')
    }
    isStarted ||= outcome === 'unknown'
    if (!isStarted && tries === LOCKED_TRIES) {
      throw new Problem('upload_locked', 'The file is locked at the server.')
    }
    if (session.now() > end) {
      if (await assembly.isThere()) return
      throw new Problem('provider_timeout', 'The server has not put the parts together in time.')
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

const lost = (why: string) => new Problem('provider_unavailable', why, { ended: true })

async function requestMove(
  session: Session,
  assembly: Assembly,
  deadline: number,
): Promise<'done' | 'gone' | 'locked' | 'refused' | 'unknown'> {
  const response = await send(session, assembly, deadline)
  if (response === undefined) return 'unknown'
  const outcome = OUTCOMES[response.status]
  if (outcome === undefined) {
    await checkWrite(session, response)
    return 'done'
  }
  await discard(response)
  // The parts are not those that were sent: more of the same helps nobody.
  if (outcome === 'wrong') throw lost('The server has lost parts of the upload; start it again.')
  return outcome
}

const OUTCOMES: Readonly<
  Record<number, 'gone' | 'locked' | 'refused' | 'unknown' | 'wrong' | undefined>
> = {
  400: 'wrong',
  404: 'gone',
  412: 'refused',
  // A try of ours that is still being worked on, or somebody else.
  423: 'locked',
  // A gateway that would not wait, or a server that fell over.
  500: 'unknown',
  502: 'unknown',
  503: 'unknown',
  504: 'unknown',
  520: 'unknown',
  522: 'unknown',
  524: 'unknown',
}

/** Undefined when no answer came. */
async function send(
  session: Session,
  { from, destination, overwrite, size }: Assembly,
  deadline: number,
): Promise<Response | undefined> {
  try {
    return await session.http({
      url: `${from}.file`,
      method: 'MOVE',
      headers: {
        destination,
        overwrite: overwrite ? 'T' : 'F',
        'oc-total-length': String(size),
      },
      deadline,
    })
  } catch (error) {
    const unsure =
      error instanceof Problem && ['provider_timeout', 'provider_unavailable'].includes(error.code)
    if (unsure) return undefined
    throw error
  }
}
