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
    if (target.size === 0) return { done: true, entry: await putEmpty(session, parent, target) }
    const before = await findTaken(session, parent, target)
    const url = await openSession(session, parent, target)
    const { name, size, conflict } = target
    const place = { driveId: parent.driveId, parentId: parent.itemId, name, size }
    return { done: false, offset: 0, state: { url, ...place, conflict, before } }
  },

  write: async (session, state, fragment) => {
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
    throw await sessionProblem(session, response)
  },

  offset: async (session, state) => {
    const response = await session.anonymous({ url: state.url, replay: true })
    if (response.ok) return readOffset(session, state, response)
    if (response.status === 404 || response.status === 410) {
      await discard(response)
      const entry = await findFinished(session, state)
      if (entry !== undefined) return { done: true, entry }
      throw expired()
    }
    throw await sessionProblem(session, response)
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

/** What has the name: refused if it may not, remembered if it is to be replaced. */
async function findTaken(
  session: Session,
  parent: Address,
  target: UploadTarget,
): Promise<string | undefined> {
  // Personal drives notice a name that is taken only after all bytes have been sent; the others do at once.
  const refuses = target.conflict === 'fail' && session.data['driveType'] === 'personal'
  if (!refuses && target.conflict !== 'replace') return undefined
  const taken = await findChild(session, parent, target.name)
  if (taken !== undefined && refuses) throw new Problem('name_conflict')
  return taken && versionOf(taken)
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
  const entry = await findFinished(session, state)
  if (entry === undefined) throw strangeAnswer()
  return { done: true, entry }
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

/** A session ends with its file; when the last answer was lost, the file is what tells. */
async function findFinished(session: Session, state: State): Promise<Entry | undefined> {
  const parent = { driveId: state.driveId, itemId: state.parentId }
  // The name that a rename came to is not known.
  if (state.conflict === 'rename') return undefined
  const item = await findChild(session, parent, state.name)
  // A file of the same size may be the one that was there before.
  if (item?.size !== state.size || versionOf(item) === state.before) return undefined
  return toEntry(session, item, state.driveId)
}

/** On the file host 401 and 403 are about the URL, never about the user's grant. */
async function sessionProblem(session: Session, response: Response): Promise<Problem> {
  if (![401, 403, 404, 410].includes(response.status)) return readRefusal(response, session.now())
  await discard(response)
  return expired()
}

function expired(): Problem {
  return new Problem(
    'provider_unavailable',
    'The upload has expired at OneDrive; start it again.',
    {
      ended: true,
    },
  )
}
