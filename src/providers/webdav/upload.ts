// Uploads with one PUT beside the target and a MOVE onto it, so that nobody ever sees half a file.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session, Upload, UploadTarget } from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import { freeName } from '../names.ts'
import { checkWrite, findResource, getResource, toEntry, urlOf } from './dav.ts'
import { deletePath, folderOf, isUnsure, move } from './manage.ts'
import { childPath, type DavPath } from './paths.ts'

interface State {
  /** Where the bytes go first, in the target's folder: a move across file systems would be a copy. */
  readonly temporary: DavPath
  readonly path: DavPath
  readonly overwrite: boolean
  /** What is to be replaced: its entity tag, or what changes in place of one; null where the server shows neither. */
  readonly before?: string | null | undefined
  readonly mimeType: string
  /** Bytes. */
  readonly size: number
}

/** Milliseconds in which a server finishes with a connection that was cut. */
const SETTLE_MS = 1500

export const upload: Upload<State> = {
  alignment: () => 1,
  fragmentSize: () => Infinity,
  resumable: false,

  begin: async (session, target) => {
    const folder = folderOf(target.parentId)
    const [parent, place] = await Promise.all([
      getResource(session, folder),
      findPlace(session, folder, target),
    ])
    if (!parent.isCollection) throw new Problem('item_not_found', 'The folder is not there.')
    const state: State = {
      ...place,
      temporary: childPath(folder, `.slipway-${target.id}.part`),
      overwrite: target.conflict === 'replace',
      mimeType: target.mimeType,
      size: target.size,
    }
    return { done: false, offset: 0, state }
  },

  write: async (session, state, { body, length, total }) => {
    if (length === 0 && total > 0) return upload.offset(session, state)
    const response = await session.http({
      url: urlOf(session, state.temporary),
      method: 'PUT',
      // Never a Content-Range: some servers ignore it and store a piece as the whole.
      headers: { 'content-type': state.mimeType },
      body,
      deadline: putDeadline(length),
    })
    await checkWrite(session, response)
    await checkSize(session, state)
    return { done: true, entry: await settle(session, state) }
  },

  // A PUT cannot be continued: it is there in full, or has to be sent again.
  offset: async (session, state) => {
    const found = await findMoved(session, state)
    // One of the same size that is to be replaced may as well be the old one.
    const isOurs =
      found !== undefined &&
      (state.before === undefined || (state.before !== null && state.before !== found.etag))
    return isOurs ? { done: true, entry: found } : { done: false, offset: 0, state }
  },

  abort: async (session, state) => {
    const deleted = await deletePath(session, state.temporary).catch(() => false)
    if (deleted) return
    // A server that has not noticed yet that the sender is gone puts the file there afterwards (rclone does).
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    await deletePath(session, state.temporary).catch(() => undefined)
  },
}

async function findPlace(
  session: Session,
  folder: DavPath,
  { name, conflict }: UploadTarget,
): Promise<Pick<State, 'path' | 'before'>> {
  const path = childPath(folder, name)
  const taken = await findResource(session, path)
  if (taken === undefined) return { path }
  if (conflict === 'rename') {
    const isTaken = async (other: string) =>
      (await findResource(session, childPath(folder, other))) !== undefined
    return { path: childPath(folder, await freeName(name, isTaken)) }
  }
  if (conflict === 'fail' || taken.isCollection) throw new Problem('name_conflict')
  return { path, before: toEntry(taken, path).etag }
}

/** Servers behind PHP-FPM are known to answer 201 and to store nothing. */
async function checkSize(session: Session, { temporary, size }: State): Promise<void> {
  const found = await findResource(session, temporary)
  // The upload is not over because of an answer that was none.
  if (found === undefined) {
    throw new Problem('provider_unavailable', 'The server did not store what was sent.')
  }
  if (found.length !== null && found.length !== size) {
    throw new Problem(
      'provider_unavailable',
      'The server stored another number of bytes than were sent.',
    )
  }
}

/** Puts the file in its place. Where the answer to that is lost, the server is asked what became of it. */
async function settle(session: Session, state: State): Promise<Entry> {
  try {
    await move(session, state.temporary, state.path, state.overwrite)
  } catch (error) {
    const moved = isUnsure(error)
      ? await findMoved(session, state).catch(() => undefined)
      : undefined
    if (moved === undefined) throw error
    return moved
  }
  return toEntry(await getResource(session, state.path), state.path)
}

/** The file, once it has left its temporary name for its own. */
async function findMoved(session: Session, state: State): Promise<Entry | undefined> {
  const found = await findResource(session, state.path)
  if (found?.length !== state.size) return undefined
  const left = await findResource(session, state.temporary)
  return left === undefined ? toEntry(found, state.path) : undefined
}
