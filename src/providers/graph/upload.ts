// Uploads through createUploadSession in fragments of 10 MiB, each with its exact length; an empty file in one PUT.
// Source: learn.microsoft.com/graph/api/driveitem-createuploadsession.
import { discard, readJson } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type {
  Conflict,
  Entry,
  Fragment,
  Progress,
  Session,
  Upload,
  UploadTarget,
} from '../contract.ts'
import { putDeadline } from '../deadlines.ts'
import { freeName } from '../names.ts'
import { contentAddress, ownDrive, parseId, sameDrive, type Address } from './address.ts'
import {
  checkItem,
  childPath,
  fetchGraph,
  findChild,
  getItem,
  itemPath,
  sendGraph,
  strangeAnswer,
  toEntry,
  type DriveItem,
} from './api.ts'
import { readRefusal } from './errors.ts'
import { checkName } from './names.ts'

const FRAGMENT = 10 * 1024 * 1024

export interface GraphUploadState {
  /** Whoever has it can write the file: kept sealed. */
  readonly url: string
  readonly driveId: string
  readonly parentId: string
  /** Free when the upload began, unless it is to be replaced. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly conflict: Conflict
  /** What had the name before, when it is to be replaced: its id and content tag. */
  readonly before?: string | undefined
}

type State = GraphUploadState

export const upload: Upload<State> = {
  alignment: () => 320 * 1024,
  fragmentSize: () => FRAGMENT,
  resumable: true,

  begin: async (session, target) => {
    checkName(target.name)
    const parent = contentAddress(parseId(session, target.parentId))
    const place = await findPlace(session, parent, target)
    const { size, conflict } = target
    const state = { ...place, driveId: parent.driveId, parentId: parent.itemId, size, conflict }
    const named = { ...target, name: place.name }
    if (size > 0) {
      const url = await openSession(session, parent, named)
      return { done: false, offset: 0, state: { ...state, url } }
    }
    const entry = await putEmpty(session, parent, named).catch(async (error: unknown) => {
      const stored = isLost(error) ? await findFinished(session, { ...state, url: '' }) : undefined
      if (stored === undefined) throw error
      return stored.entry
    })
    return { done: true, entry }
  },

  write: async (session, state, fragment) => {
    // Fragments are never empty: the session, or the file itself, tells how far it is.
    if (fragment.length === 0) return upload.offset(session, state)
    const response = await session.anonymous({
      url: state.url,
      method: 'PUT',
      headers: { 'content-range': contentRange(fragment) },
      body: fragment.body,
      deadline: putDeadline(fragment.length),
    })
    if (response.status === 202) return readOffset(session, state, response)
    if (response.ok) return finish(session, state, response)
    // Bytes that were there already: the session knows where to go on.
    if (response.status === 416) {
      await discard(response)
      return upload.offset(session, state)
    }
    return readEnd(session, state, response)
  },

  offset: async (session, state) => {
    const response = await session.anonymous({ url: state.url, replay: true })
    if (response.ok) return readOffset(session, state, response)
    return readEnd(session, state, response)
  },

  abort: async (session, { url }) => {
    // A session that is gone is as good as one that was cancelled.
    const gone = session.anonymous({ url, method: 'DELETE', replay: true })
    await gone.then(discard, () => undefined)
  },
}

const contentRange = ({ offset, length, total }: Fragment) =>
  `bytes ${offset}-${offset + length - 1}/${total}`

/** Sessions refuse empty files. Here the behaviour on a conflict belongs into the URL. */
async function putEmpty(session: Session, parent: Address, target: UploadTarget): Promise<Entry> {
  const behavior = `?@microsoft.graph.conflictBehavior=${target.conflict}`
  const item = await fetchGraph<DriveItem>(
    session,
    `${childPath(parent, target.name)}:/content${behavior}`,
    { method: 'PUT', body: '', contentType: target.mimeType },
  )
  return toEntry(session, checkItem(item), parent.driveId, target.parentId)
}

/**
 * Under which name the file is to be found. Some drives notice a name that is taken only after all bytes have been sent, and a file
 * that OneDrive itself gave another name could not be told any more once the last answer is lost.
 */
async function findPlace(
  session: Session,
  parent: Address,
  { name, conflict }: UploadTarget,
): Promise<Pick<State, 'name' | 'before'>> {
  const taken = await findChild(session, parent, name)
  if (taken === undefined) return { name }
  if (conflict === 'rename') {
    const isTaken = async (other: string) => (await findChild(session, parent, other)) !== undefined
    return { name: await freeName(name, isTaken) }
  }
  if (conflict === 'fail' || taken.folder !== undefined) throw new Problem('name_conflict')
  return { name, before: versionOf(taken) }
}

const versionOf = (item: DriveItem) => `${item.id} ${item.cTag ?? item.eTag ?? ''}`

async function openSession(
  session: Session,
  parent: Address,
  target: UploadTarget,
): Promise<string> {
  const personal = session.data['driveType'] === 'personal'
  const body = await fetchGraph<{ uploadUrl?: unknown }>(
    session,
    `${childPath(parent, target.name)}:/createUploadSession`,
    {
      method: 'POST',
      json: {
        item: {
          '@microsoft.graph.conflictBehavior': target.conflict,
          name: target.name,
          // Checked against the quota at once; work accounts answer 400 to a property they do not know.
          ...(personal ? { fileSize: target.size } : {}),
        },
      },
      // A session that was opened twice has stored nothing.
      replay: true,
    },
  )
  if (typeof body.uploadUrl !== 'string') throw strangeAnswer()
  return body.uploadUrl
}

async function readOffset(
  session: Session,
  state: State,
  response: Response,
): Promise<Progress<State>> {
  const body = await readJson<{ nextExpectedRanges?: unknown }>(response)
  const ranges = body?.nextExpectedRanges
  const first: unknown = Array.isArray(ranges) ? ranges[0] : undefined
  const start = typeof first === 'string' ? /^(\d+)-/.exec(first)?.[1] : undefined
  if (start !== undefined) return { done: false, offset: Number(start), state }
  // Nothing is missing any more, but the file was not named: it is there under its name.
  const stored = await findFinished(session, state)
  if (stored === undefined) throw strangeAnswer()
  return stored
}

/** The last answer comes from the file host and in its own form: only the id of it is used. */
async function finish(
  session: Session,
  state: State,
  response: Response,
): Promise<Progress<State>> {
  const item = checkItem(await readJson<DriveItem>(response))
  const address = { driveId: state.driveId, itemId: item.id }
  // The file is there whatever becomes of this second look at it.
  const stored = await getItem(session, address).catch(() => item)
  const entry = toEntry(session, stored, state.driveId)
  const rewritten = isRewritten(session, state)
  if (entry.size !== null && entry.size !== state.size && !rewritten) {
    // One that was replaced has its earlier versions, which must not go with it.
    if (state.conflict !== 'replace') await discardItem(session, address)
    throw new Problem(
      'provider_unavailable',
      'OneDrive kept another number of bytes than were sent.',
    )
  }
  return { done: true, entry, rewritten }
}

async function discardItem(session: Session, address: Address): Promise<void> {
  const gone = sendGraph(session, itemPath(address), { method: 'DELETE', replay: true })
  await gone.catch(() => undefined)
}

/** SharePoint libraries write their columns into Office files, and live photos are converted everywhere. */
function isRewritten(session: Session, { driveId, name }: State): boolean {
  const own = session.data['oneDrive'] ?? ownDrive(session)
  const library = own === undefined || !sameDrive(driveId, own)
  return /\.heic$/i.test(name) || (library && /\.(?:docx|xlsx|pptx)$/i.test(name))
}

type Stored = Extract<Progress<State>, { readonly done: true }>

/** A session ends with its file; when the last answer was lost, the file is what tells. */
async function findFinished(session: Session, state: State): Promise<Stored | undefined> {
  const parent = { driveId: state.driveId, itemId: state.parentId }
  const item = await findChild(session, parent, state.name)
  if (item?.file === undefined) return undefined
  const rewritten = isRewritten(session, state)
  // A file of the same size may be the one that was there before.
  if (item.size !== state.size && !rewritten) return undefined
  if (versionOf(item) === state.before) return undefined
  return { done: true, entry: toEntry(session, item, state.driveId), rewritten }
}

/**
 * A refusal, which may be that of a session whose file is there. On the file host 401 and 403 are about the URL, never about the
 * user's grant.
 */
async function readEnd(
  session: Session,
  state: State,
  response: Response,
): Promise<Progress<State>> {
  if (![401, 403, 404, 410].includes(response.status)) {
    throw await readRefusal(response, session.now())
  }
  await discard(response)
  const stored = await findFinished(session, state)
  if (stored === undefined) throw expired()
  return stored
}

/** Whether OneDrive may have done it without our having heard of it. */
const isLost = (error: unknown) =>
  error instanceof Problem && ['provider_unavailable', 'provider_timeout'].includes(error.code)

function expired(): Problem {
  return new Problem(
    'provider_unavailable',
    'The upload has expired at OneDrive; start it again.',
    { ended: true },
  )
}
