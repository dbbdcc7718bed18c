// Uploads through a resumable session: one PUT takes the whole body untouched, or chunks of 256 KiB multiples continue it.
// Source: developers.google.com/workspace/drive/api/guides/manage-uploads.
import { discard, readJson } from '../../net/body.ts'
import { Problem, type ProblemCode } from '../../problems/problem.ts'
import { freeName } from '../names.ts'
import type { Entry, Fragment, Progress, Session, Upload, UploadTarget } from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import {
  ENTRY_FIELDS,
  filePath,
  getFile,
  isNative,
  sendDrive,
  strangeAnswer,
  toEntry,
  withQuery,
  type DriveFile,
} from './api.ts'
import { findByName } from './browse.ts'
import { FULL_SCOPE, readRefusal } from './errors.ts'
import { parentsOf, resolveParent, writing } from './manage.ts'

const UPLOAD = 'https://www.googleapis.com/upload/drive/v3'

interface State {
  /** Whoever has it can write the file: kept sealed. */
  readonly url: string
  /** Bytes. */
  readonly size: number
  /** Whether it writes into a file that was there before. */
  readonly replaces: boolean
}

export const upload: Upload<State> = {
  alignment: () => 256 * 1024,
  fragmentSize: () => Infinity,
  resumable: true,
  keepsCut: true,
  digest: 'md5',
  hashesParts: true,

  begin: async (session, target) => {
    const parent = await resolveParent(session, target.parentId)
    const { replaced, name } = await settleName(session, parent, target)
    const url = await openSession(session, target, parent, replaced, name)
    return {
      done: false,
      offset: 0,
      state: { url, size: target.size, replaces: replaced !== undefined },
    }
  },

  write: async (session, state, fragment) => {
    const whole = fragment.length === fragment.total
    // An empty range cannot be said: how far it is can be asked.
    if (fragment.length === 0 && !whole) return upload.offset(session, state)
    const response = await session.anonymous({
      url: state.url,
      method: 'PUT',
      // The body of the whole file needs no range, and an empty one cannot have any.
      headers: whole ? {} : { 'content-range': contentRange(fragment) },
      body: fragment.body,
      deadline: putDeadline(fragment.length),
    })
    return readProgress(session, state, response, writeProblem)
  },

  offset: async (session, state) => {
    const response = await session.anonymous({
      url: state.url,
      method: 'PUT',
      headers: { 'content-range': `bytes */${state.size}` },
      replay: true,
    })
    return readProgress(session, state, response, statusProblem)
  },

  abort: async (session, { url }) => {
    // 499 is Google's "cancelled"; a session that has ended is as good.
    const gone = session.anonymous({ url, method: 'DELETE', replay: true })
    await gone.then(discard, () => undefined)
  },
}

const contentRange = ({ offset, length, total }: Fragment) =>
  `bytes ${offset}-${offset + length - 1}/${total}`

/** Names are not unique at Google, so what the caller wants of a name that is taken is decided here. */
async function settleName(
  session: Session,
  parent: string,
  { name, conflict }: UploadTarget,
): Promise<{ readonly name: string; readonly replaced: Entry | undefined }> {
  const [taken] = await findByName(session, parent, name)
  if (taken === undefined) return { name, replaced: undefined }
  if (conflict === 'rename') {
    const isTaken = async (other: string) => (await findByName(session, parent, other)).length > 0
    return { name: await freeName(name, isTaken), replaced: undefined }
  }
  const hasBytes = !taken.isFolder && taken.size !== null && !isNative(taken.mimeType ?? '')
  if (conflict === 'fail' || !hasBytes) throw new Problem('name_conflict')
  return { name, replaced: taken }
}

async function openSession(
  session: Session,
  target: UploadTarget,
  parent: string,
  replaced: Entry | undefined,
  name: string,
): Promise<string> {
  const path = replaced === undefined ? '/files' : filePath(replaced.id)
  const query = { uploadType: 'resumable', supportsAllDrives: 'true', fields: ENTRY_FIELDS }
  return writing(session, [replaced?.id ?? parent], async () => {
    const response = await session.http({
      url: withQuery(`${UPLOAD}${path}`, query),
      method: replaced === undefined ? 'POST' : 'PATCH',
      headers: {
        'content-type': 'application/json; charset=UTF-8',
        'x-upload-content-type': target.mimeType,
        'x-upload-content-length': String(target.size),
      },
      body: JSON.stringify(replaced === undefined ? { name, ...parentsOf(parent) } : {}),
      // A session that was opened twice has stored nothing.
      replay: true,
    })
    if (!response.ok) throw await readRefusal(response, FULL_SCOPE, session.now())
    const location = response.headers.get('location')
    await discard(response)
    if (location === null) throw strangeAnswer()
    return location
  })
}

async function readProgress(
  session: Session,
  state: State,
  response: Response,
  readProblem: (session: Session, response: Response) => Promise<Problem>,
): Promise<Progress<State>> {
  if (response.status === 308) {
    // A range without the total; none at all while nothing is stored.
    const last = /^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1]
    await discard(response)
    return { done: false, offset: last === undefined ? 0 : Number(last) + 1, state }
  }
  if (!response.ok) throw await readProblem(session, response)
  const file = await readJson<DriveFile>(response)
  if (typeof file?.id !== 'string') throw strangeAnswer()
  const stored = file.size === undefined ? await getFile(session, file.id, ENTRY_FIELDS) : file
  if (Number(stored.size) !== state.size) {
    // A file that came out wrong is not left in the drive; one that was there before is its owner's to restore.
    if (!state.replaces) await trash(session, file.id).catch(() => undefined)
    throw new Problem('provider_unavailable', 'Google kept another number of bytes than were sent.')
  }
  return { done: true, entry: toEntry(stored) }
}

/**
 * Why a session took no bytes. Storage that is full and limits are said as they are; any other refusal is about the request or the
 * session, never about the user's grant or item, and the session tells where to go on.
 */
async function writeProblem(session: Session, response: Response): Promise<Problem> {
  const { status } = response
  const refusal = await readRefusal(response, FULL_SCOPE, session.now())
  if (status === 404 || status === 410) return expired()
  const isSaid = status === 429 || (refusal.reason !== '' && KNOWN.includes(refusal.code))
  if (status >= 500 || isSaid) return refusal
  return new Problem('provider_unavailable', 'Google Drive did not take the bytes.')
}

/** The same where the offset was asked: Google's guide gives a session up that does not tell it. */
async function statusProblem(session: Session, response: Response): Promise<Problem> {
  const { status } = response
  const problem = await writeProblem(session, response)
  const isPassing = status >= 500 || status === 408 || problem.code !== 'provider_unavailable'
  return isPassing ? problem : expired()
}

const KNOWN: readonly ProblemCode[] = ['rate_limited', 'quota_exceeded', 'access_denied']

const expired = () =>
  new Problem('provider_unavailable', 'The upload has expired at Google; start it again.', {
    ended: true,
  })

function trash(session: Session, id: string): Promise<void> {
  return sendDrive(session, filePath(id), {
    method: 'PATCH',
    query: { supportsAllDrives: 'true', fields: 'id' },
    json: { trashed: true },
    replay: true,
  })
}
