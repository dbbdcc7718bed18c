// Uploads in parts (chunked upload v2), which the server puts together in one step; small files in one PUT.
// Source: docs.nextcloud.com, developer manual, "Chunked file upload".
import { discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Conflict, Entry, Progress, Session, Upload, UploadTarget } from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import { freeName } from '../names.ts'
import { checkWrite, davProblem, findResource, getResource, toEntry, urlOf } from '../webdav/dav.ts'
import { deletePath, folderOf } from '../webdav/manage.ts'
import { readMultistatus, type DavResource } from '../webdav/multistatus.ts'
import { childPath, decodeSegment, type DavPath } from '../webdav/paths.ts'
import { assemble } from './assemble.ts'
import { davSession, transferUrl } from './session.ts'

/** Every part but the last has at least 5 MB; this is more. */
const ALIGNMENT = 5 * 1024 * 1024
const PART = 2 * ALIGNMENT
const MAX_PARTS = 10_000

export interface State {
  readonly path: DavPath
  /** Bytes. */
  readonly size: number
  readonly mimeType: string
  readonly conflict: Conflict
  /** What had the name before: its entity tag. */
  readonly before?: string | undefined
  /** The folder of the parts; none for a file that goes in one PUT. */
  readonly transfer?: string | undefined
  /** How many parts were sent. */
  readonly parts: number
}

export const upload: Upload<State> = {
  alignment: () => ALIGNMENT,
  fragmentSize: (total) => Math.max(PART, Math.ceil(total / MAX_PARTS / ALIGNMENT) * ALIGNMENT),
  resumable: true,
  digest: 'sha256',

  begin: async (session, target) => {
    const dav = davSession(session)
    const folder = folderOf(target.parentId)
    const [parent, place] = await Promise.all([
      getResource(dav, folder),
      findPlace(dav, folder, target),
    ])
    if (!parent.isCollection) throw new Problem('item_not_found', 'The folder is not there.')
    const { size, mimeType, conflict } = target
    const state: State = { ...place, size, mimeType, conflict, parts: 0 }
    if (size <= PART) return { done: false, offset: 0, state }
    const transfer = `slipway-${target.id}`
    const made = await davSession(session).http({
      url: transferUrl(session, transfer),
      method: 'MKCOL',
      headers: { destination: urlOf(dav, state.path) },
    })
    await checkWrite(session, made)
    return { done: false, offset: 0, state: { ...state, transfer } }
  },

  write: async (session, state, { offset, length, total, body }) => {
    if (state.transfer === undefined) {
      const hash = await putWhole(session, state, body, length)
      return { done: true, entry: { ...(await findStored(session, state)), ...hash } }
    }
    if (length === 0) return { done: true, entry: await finish(session, state, state.transfer) }
    const response = await davSession(session).http({
      url: transferUrl(session, state.transfer) + partName(state.parts + 1),
      method: 'PUT',
      headers: {
        destination: urlOf(davSession(session), state.path),
        // With it a full quota shows itself at the first part, not at the last step.
        'oc-total-length': String(total),
      },
      body,
      deadline: putDeadline(length),
    })
    // 412: the server has forgotten what it knew of the upload.
    if (response.status === 404 || response.status === 412) {
      await discard(response)
      throw expired()
    }
    await checkWrite(session, response)
    const next = { ...state, parts: state.parts + 1 }
    if (offset + length < total) return { done: false, offset: offset + length, state: next }
    return { done: true, entry: await finish(session, next, state.transfer) }
  },

  offset: async (session, state) => {
    const kept = state.transfer && (await findParts(session, state.transfer))
    if (!kept) return findFinished(session, state)
    if (kept.bytes === state.size) {
      // The parts may still be shown while the server clears them away.
      const found = await findResource(davSession(session), state.path)
      if (found !== undefined && isOurs(state, found)) {
        return { done: true, entry: toEntry(found, state.path) }
      }
    }
    return { done: false, offset: kept.bytes, state: { ...state, parts: kept.count } }
  },

  abort: async (session, { transfer }) => {
    if (transfer === undefined) return
    const gone = davSession(session).http({
      url: transferUrl(session, transfer),
      method: 'DELETE',
      replay: true,
    })
    await gone.then(discard, () => undefined)
  },
}

/** Padded, so that a server that sorts names as text sorts them by number. */
const partName = (number: number) => String(number).padStart(5, '0')

async function findPlace(
  dav: Session,
  folder: DavPath,
  { name, conflict }: UploadTarget,
): Promise<Pick<State, 'path' | 'before'>> {
  const path = childPath(folder, name)
  const taken = await findResource(dav, path)
  if (taken === undefined) return { path }
  if (conflict === 'rename') {
    const isTaken = async (other: string) =>
      (await findResource(dav, childPath(folder, other))) !== undefined
    return { path: childPath(folder, await freeName(name, isTaken)) }
  }
  if (conflict === 'fail' || taken.isCollection) throw new Problem('name_conflict')
  return { path, before: taken.etag ?? '' }
}

/**
 * The server keeps nothing of a PUT that does not end. Returns the hash of what it has stored, computed by the server itself, where it
 * knows how to.
 */
async function putWhole(
  session: Session,
  state: State,
  body: ReadableStream<Uint8Array> | null,
  length: number,
): Promise<Pick<Entry, 'hash'>> {
  const response = await davSession(session).http({
    url: urlOf(davSession(session), state.path),
    method: 'PUT',
    headers: {
      'content-type': state.mimeType,
      'x-hash': 'sha256',
      ...(state.conflict === 'replace' ? {} : { 'if-none-match': '*' }),
    },
    body: body ?? '',
    deadline: putDeadline(length),
  })
  await checkWrite(session, response)
  const value = response.headers.get('x-hash-sha256') ?? ''
  return /^[0-9a-f]{64}$/i.test(value) ? { hash: { algorithm: 'sha256', value } } : {}
}

/** Puts the parts together. */
async function finish(session: Session, state: State, transfer: string): Promise<Entry> {
  const dav = davSession(session)
  // Not every version looks at Overwrite for this kind of MOVE.
  const isTaken = async () => (await findResource(dav, state.path)) !== undefined
  if (state.conflict !== 'replace' && (await isTaken())) throw new Problem('name_conflict')
  const isThere = async () => isOurs(state, await findResource(dav, state.path))
  await assemble(dav, {
    from: transferUrl(session, transfer),
    destination: urlOf(dav, state.path),
    overwrite: state.conflict === 'replace',
    size: state.size,
    isThere,
    isTaken,
  })
  return findStored(session, state)
}

/** Whether it is the file that was sent, and not the one that was there before. */
function isOurs(state: State, found: DavResource | undefined): boolean {
  if (found?.length !== state.size) return false
  return state.before === undefined || found.etag !== state.before
}

async function findStored(session: Session, state: State): Promise<Entry> {
  const found = await getResource(davSession(session), state.path)
  if (found.length !== null && found.length !== state.size) {
    // One that was replaced has its earlier versions, which must not go with it.
    if (state.conflict !== 'replace') {
      await deletePath(davSession(session), state.path).catch(() => undefined)
    }
    throw new Problem(
      'provider_unavailable',
      'The server stored another number of bytes than were sent.',
    )
  }
  return toEntry(found, state.path)
}

/** After the parts are gone, or a PUT was not answered: the file itself tells. */
async function findFinished(session: Session, state: State): Promise<Progress<State>> {
  const found = await findResource(davSession(session), state.path)
  if (found !== undefined && isOurs(state, found)) {
    return { done: true, entry: toEntry(found, state.path) }
  }
  if (state.transfer === undefined) return { done: false, offset: 0, state }
  throw expired()
}

const expired = () =>
  new Problem('provider_unavailable', 'The upload has expired at the server; start it again.', {
    ended: true,
  })

/** What the server has of the parts, up to the first that is missing; undefined when it has none of this transfer any more. */
async function findParts(
  session: Session,
  transfer: string,
): Promise<{ readonly count: number; readonly bytes: number } | undefined> {
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
    if (/^\d{5}$/.test(name) && length !== null) sizes.set(Number(name), length)
  }
  let count = 0
  let bytes = 0
  for (let size = sizes.get(1); size !== undefined; size = sizes.get(count + 1)) {
    count += 1
    bytes += size
  }
  return { count, bytes }
}
