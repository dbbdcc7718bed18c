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
      throw new Problem('provider_unavailable', 'The upload is no longer there; start it again.', {
        ended: true,
      })
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

async function requestMove(
  session: Session,
  assembly: Assembly,
  deadline: number,
): Promise<'done' | 'gone' | 'locked' | 'unknown'> {
  const response = await send(session, assembly, deadline)
  if (response === undefined) return 'unknown'
  const { status } = response
  // A try of ours that is still being worked on, or somebody else.
  if (status === 423) {
    await discard(response)
    return 'locked'
  }
  // A gateway that would not wait, or a server that fell over.
  if ([500, 502, 503, 504, 520, 522, 524].includes(status)) {
    await discard(response)
    return 'unknown'
  }
  if (status === 404) {
    await discard(response)
    return 'gone'
  }
  if (status === 412) {
    await discard(response)
    // Either the name was taken meanwhile, or the server has forgotten what it knew of the upload.
    throw !assembly.overwrite && (await assembly.isTaken())
      ? new Problem('name_conflict')
      : new Problem('provider_unavailable', 'The server has lost the upload; start it again.', {
          ended: true,
        })
  }
  await checkWrite(session, response)
  return 'done'
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
