// Uploads in parts (chunked upload v2), which the server puts together in one step; small files in one PUT.
// Source: docs.nextcloud.com, developer manual, "Chunked file upload".
import { Problem } from '../../problems/problem.ts'
import type { Conflict, Entry, Progress, Session, Upload, UploadTarget } from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import { freeName } from '../names.ts'
import { checkWrite, findResource, getResource, toEntry, urlOf } from '../webdav/dav.ts'
import { deletePath, folderOf } from '../webdav/manage.ts'
import type { DavResource } from '../webdav/multistatus.ts'
import { childPath, type DavPath } from '../webdav/paths.ts'
import { assemble } from './assemble.ts'
import { findParts, openFolder, putPart, removeFolder, stepOf } from './parts.ts'
import { davSession, transferUrl } from './session.ts'

/** Bytes of one request, unless the parts would be too many. A file that has no more goes in one PUT where it comes in one. */
const PART = 10 * 1024 * 1024

export interface State {
  readonly path: DavPath
  /** Bytes. */
  readonly size: number
  readonly mimeType: string
  readonly conflict: Conflict
  /** What had the name before: its entity tag. */
  readonly before?: string | undefined
  /** The folder of the parts. */
  readonly transfer: string
  /** Whether that folder was made: not before the first part, as a file that comes in one request needs none. */
  readonly begun: boolean
  /** How many parts the server has. */
  readonly parts: number
}

export const upload: Upload<State> = {
  alignment: stepOf,
  fragmentSize: (total) => Math.max(PART, stepOf(total)),
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
    const { id, size, mimeType, conflict } = target
    const transfer = `slipway-${id}`
    const state = { ...place, size, mimeType, conflict, transfer, begun: false, parts: 0 }
    return { done: false, offset: 0, state }
  },

  write: async (session, state, { offset, length, total, body }) => {
    if (length === total && !state.begun) {
      const hash = await putWhole(session, state, body, length)
      return { done: true, entry: { ...(await findStored(session, state)), ...hash } }
    }
    if (length === 0) return state.begun ? finish(session, state) : upload.offset(session, state)
    const { path, transfer } = state
    if (!state.begun) await openFolder(session, transfer, path)
    const next = { ...state, begun: true, parts: state.parts + 1 }
    const part = { transfer, path, number: next.parts, length, total, body }
    if (!(await putPart(session, part))) return findFinished(session, next)
    if (offset + length < total) return { done: false, offset: offset + length, state: next }
    return finish(session, next)
  },

  offset: async (session, state) => {
    const kept = await findParts(session, state.transfer, state.size)
    if (kept === undefined) return findFinished(session, state)
    const { count: parts, bytes: offset } = kept
    return { done: false, offset, state: { ...state, begun: true, parts } }
  },

  abort: (session, { transfer }) => removeFolder(session, transfer),
}

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

/** Puts the parts together, unless a try whose answer was lost has done so already. */
async function finish(session: Session, state: State): Promise<Progress<State>> {
  const dav = davSession(session)
  const found = await findResource(dav, state.path)
  if (found !== undefined && isOurs(state, found) && (await isCleared(session, state))) {
    return { done: true, entry: toEntry(found, state.path) }
  }
  // Not every version looks at Overwrite for this kind of MOVE.
  if (found !== undefined && state.conflict !== 'replace') throw new Problem('name_conflict')
  await assemble(dav, {
    from: transferUrl(session, state.transfer),
    destination: urlOf(dav, state.path),
    overwrite: state.conflict === 'replace',
    size: state.size,
    isThere: async () => isOurs(state, await findResource(dav, state.path)),
    isTaken: async () => (await findResource(dav, state.path)) !== undefined,
  })
  return { done: true, entry: await findStored(session, state) }
}

/** Milliseconds between looks at a folder that the server may be about to clear away. */
const CLEARING = [250, 500, 1000, 2000]

/** Whether the parts have gone, which they do when the file is in its place: one of the same size may be somebody else's. */
async function isCleared(session: Session, { transfer, size }: State): Promise<boolean> {
  for (const pause of CLEARING) {
    if ((await findParts(session, transfer, size)) === undefined) return true
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  return (await findParts(session, transfer, size)) === undefined
}

/** Whether it is the file that was sent, and not the one that was there before. */
function isOurs(state: State, found: DavResource | undefined): boolean {
  if (found?.length !== state.size) return false
  return state.before === undefined || found.etag !== state.before
}

async function findStored(session: Session, state: State): Promise<Entry> {
  const found = await findResource(davSession(session), state.path)
  // The upload is not over because of an answer that was none.
  if (found === undefined) {
    throw new Problem('provider_unavailable', 'The server did not store what was sent.')
  }
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
  if (!state.begun) return { done: false, offset: 0, state }
  throw expired()
}

const expired = () =>
  new Problem('provider_unavailable', 'The upload has expired at the server; start it again.', {
    ended: true,
  })
