// The parts of an upload, in a folder of their own at the server: made when it is needed, and asked what it holds.
// Source: docs.nextcloud.com, developer manual, "Chunked file upload".
import { discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Session } from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import { checkWrite, davProblem, urlOf } from '../webdav/dav.ts'
import { readMultistatus } from '../webdav/multistatus.ts'
import { decodeSegment, type DavPath } from '../webdav/paths.ts'
import { davSession, transferUrl } from './session.ts'

/** Bytes. Every part but the last has at least 5 MB; this is more. */
const LEAST = 5 * 1024 * 1024
const MAX_PARTS = 10_000

/** What a part's bytes are a multiple of, unless it is the last: small, but never so small that the parts of the file are too many. */
export const stepOf = (total: number) =>
  Math.max(LEAST, Math.ceil(total / MAX_PARTS / LEAST) * LEAST)

/** Makes the folder. One that is there already is that of a request whose answer was lost. */
export async function openFolder(session: Session, transfer: string, path: DavPath): Promise<void> {
  const dav = davSession(session)
  const made = await dav.http({
    url: transferUrl(session, transfer),
    method: 'MKCOL',
    headers: { destination: urlOf(dav, path) },
    replay: true,
  })
  if (made.status === 405) await discard(made)
  else await checkWrite(session, made)
}

export interface Part {
  readonly transfer: string
  readonly path: DavPath
  /** From 1. */
  readonly number: number
  /** Bytes. */
  readonly length: number
  /** Bytes of the whole file. */
  readonly total: number
  readonly body: ReadableStream<Uint8Array> | null
}

/** Sends one part, in the place of one that has its number. False when the server knows nothing of the upload any more. */
export async function putPart(session: Session, part: Part): Promise<boolean> {
  const dav = davSession(session)
  const response = await dav.http({
    url: transferUrl(session, part.transfer) + partName(part.number),
    method: 'PUT',
    headers: {
      destination: urlOf(dav, part.path),
      // With it a full quota shows itself at the first part, not at the last step.
      'oc-total-length': String(part.total),
    },
    body: part.body,
    deadline: putDeadline(part.length),
  })
  // 412: the server has lost what it kept beside the folder.
  if (response.status === 404 || response.status === 412) {
    await discard(response)
    return false
  }
  await checkWrite(session, response)
  // A page of something in between; servers answer 201 or 204 to a part that they keep.
  if (response.status === 200) {
    throw new Problem('provider_unavailable', 'The server did not store what was sent.')
  }
  return true
}

/** Padded, so that a server that sorts names as text sorts them by number. */
const partName = (number: number) => String(number).padStart(5, '0')

export interface Kept {
  readonly count: number
  /** Bytes. */
  readonly bytes: number
}

/**
 * What the server has of the parts, up to the first that is missing or has a size that none was sent in: that one was cut off, and is
 * sent again. Undefined when there is no such folder.
 */
export async function findParts(
  session: Session,
  transfer: string,
  total: number,
): Promise<Kept | undefined> {
  const response = await davSession(session).http({
    url: transferUrl(session, transfer),
    method: 'PROPFIND',
    headers: { depth: '1', accept: 'application/xml, text/xml' },
  })
  if (response.status === 404 || response.status === 410) {
    await discard(response)
    return undefined
  }
  if (response.status !== 207) throw await davProblem(session, response)
  const sizes = new Map<number, number>()
  for await (const { href, length } of readMultistatus(response)) {
    const name = decodeSegment(href.replace(/\/$/, '').split('/').at(-1) ?? '')
    // Chunking v2 lists numbers, v1 the names as they were sent.
    if (/^\d{1,5}$/.test(name) && length !== null) sizes.set(Number(name), length)
  }
  let count = 0
  let bytes = 0
  for (let size = sizes.get(1); size !== undefined; size = sizes.get(count + 1)) {
    const isWhole = size > 0 && (size % stepOf(total) === 0 || bytes + size === total)
    if (!isWhole || bytes + size > total) break
    count += 1
    bytes += size
  }
  return { count, bytes }
}

/** Deletes the folder with what is in it. Never throws. */
export async function removeFolder(session: Session, transfer: string): Promise<void> {
  const remove = async () =>
    session.http({ url: transferUrl(session, transfer), method: 'DELETE', replay: true })
  await remove().then(discard, () => undefined)
}
