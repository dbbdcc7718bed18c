// What an import of a selection would bring: the drive is gone through in memory, within limits, and nothing is kept.
import mime from 'mime'
import type { Answer } from '../answer.ts'
import type { Services } from '../app-context.ts'
import { openConnection, type LiveConnection } from '../connections/session.ts'
import { mediaType } from '../files/fields.ts'
import { Problem } from '../problems/problem.ts'
import type { Entry } from '../providers/contract.ts'
import type { previewSchema } from './answers.ts'
import { hasText, isTooLarge } from './accepts.ts'
import type { Order } from './create.ts'
import { findBySource, isUnchanged } from './duplicates.ts'
import { groupIds } from './id-groups.ts'
import { judgeFailure } from './outcome.ts'
import { MAX_DEPTH, MAX_FILES } from './plan.ts'
import type { Reason } from './reasons.ts'
import { contentType, sortEntry } from './walk.ts'

/** Milliseconds after which nothing more is asked of the drive. */
const SHARE_MS = 20_000
/** Requests after which it is not, either. */
const SHARE_REQUESTS = 300
/** Folders listed at once, unless the provider says otherwise. */
const PARALLEL = 4
/** Entries of a page: a wish. */
const PAGE = 1000
/** Documents that are read in one statement. */
const DOCUMENTS = 2000
/** Types, and failures, that are named. */
const MAX_NAMED = 100

/** What is to be looked at. */
interface Place {
  readonly id: string
  readonly path: string
  /** 0: chosen, and nothing is known of it. */
  readonly depth: number
  readonly cursor: string | null
}

interface Failure {
  readonly item_id: string
  readonly path: string
  readonly reason: Reason
}

interface Walk {
  readonly live: LiveConnection
  readonly files: Map<string, Entry>
  /** Each is listed once, however many ways lead to it: so a cycle ends. */
  readonly folders: Set<string>
  readonly open: Place[]
  readonly failures: Failure[]
  isComplete: boolean
}

/** The counts of a selection. `is_complete` is false where the limits were reached, or the provider failed, before its end. */
export async function previewImport(
  services: Services,
  userId: string,
  order: Order,
): Promise<Answer<typeof previewSchema>> {
  const live = await openConnection(services, userId, order.connectionId)
  const open = order.items.map((id) => ({ id, path: '', depth: 0, cursor: null }))
  const walk: Walk = {
    live,
    files: new Map(),
    folders: new Set(),
    open,
    failures: [],
    isComplete: true,
  }
  await goThrough(services, walk)
  const files = [...walk.files.values()]
  const known = await countKnown(services, userId, order, walk)
  return {
    files: files.length,
    folders: walk.folders.size,
    /** Of the sizes that are known. */
    bytes: sumSizes(files),
    unknown_sizes: count(files, ({ size }) => size === null),
    by_type: countTypes(files),
    /** Files without text to be had, which are left out unless the originals are kept. */
    unsupported: countTypes(files.filter((file) => !hasText(file))),
    /** Files of too many bytes for their text to be read. */
    too_large: count(files, (file) => hasText(file) && isTooLarge(file)),
    /** Files that are documents already, in the same version. */
    duplicates: { files: known.unchanged },
    /** Files that are documents already, which have changed since. */
    existing_changed: known.changed,
    exports: count(files, ({ exportableAs }) => (exportableAs?.length ?? 0) > 0),
    failures: walk.failures.slice(0, MAX_NAMED),
    is_complete: walk.isComplete,
  }
}

/** Several places at once, until there are none left or the share is done. */
async function goThrough({ meter, now }: Services, walk: Walk): Promise<void> {
  const { open, files, live } = walk
  const ends = now() + SHARE_MS
  const most = meter.subrequests + SHARE_REQUESTS
  const parallel = live.provider.parallelImports ?? PARALLEL
  while (open.length > 0 && walk.isComplete) {
    if (now() > ends || meter.subrequests >= most || files.size >= MAX_FILES) {
      walk.isComplete = false
      return
    }
    await Promise.all(open.splice(0, parallel).map((place) => visit(walk, place)))
  }
}

async function visit(walk: Walk, place: Place): Promise<void> {
  try {
    await (place.depth === 0 ? lookAt(walk, place) : listPage(walk, place))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const outcome = judgeFailure(error)
    // The provider wants no more requests: what has been found so far is worth something.
    if (error.code === 'rate_limited' && walk.files.size > 0) walk.isComplete = false
    else if (outcome.kind === 'stop') throw error
    else walk.failures.push({ item_id: place.id, path: place.path, reason: outcome.reason })
    if (outcome.kind === 'again') walk.isComplete = false
  }
}

async function lookAt(walk: Walk, { id }: Place): Promise<void> {
  const { provider, session } = walk.live
  // The top of a drive is a folder, and not every vendor says so.
  const entry = id === 'root' ? undefined : await provider.stat(session, id)
  const { isFolder, isFile } = entry === undefined ? TOP : sortEntry(entry)
  if (isFile && entry !== undefined) addFile(walk, entry)
  if (isFolder) addFolder(walk, { id, path: entry === undefined ? '' : `${entry.name}/`, depth: 1 })
}

const TOP = { isFolder: true, isFile: false }

async function listPage(walk: Walk, place: Place): Promise<void> {
  const { provider, session } = walk.live
  const { id: folderId, path, depth, cursor } = place
  const page = await provider.list(session, { folderId, cursor, limit: PAGE })
  for (const entry of page.entries) {
    const { isFolder, isFile } = sortEntry(entry)
    if (isFile) addFile(walk, entry)
    if (isFolder) addFolder(walk, { id: entry.id, path: `${path}${entry.name}/`, depth: depth + 1 })
  }
  if (page.cursor !== null) walk.open.push({ ...place, cursor: page.cursor })
}

function addFile({ files }: Walk, entry: Entry): void {
  if (files.size < MAX_FILES && !files.has(entry.id)) files.set(entry.id, entry)
}

function addFolder(walk: Walk, folder: Omit<Place, 'cursor'>): void {
  if (walk.folders.has(folder.id)) return
  walk.folders.add(folder.id)
  if (folder.depth <= MAX_DEPTH) walk.open.push({ ...folder, cursor: null })
  else walk.failures.push({ item_id: folder.id, path: folder.path, reason: 'too_deep' })
}

/** How many of the files are documents of the user already, by the rule that an import goes by. */
async function countKnown(services: Services, userId: string, order: Order, { live, files }: Walk) {
  const { connectionId } = live.session
  const isBuiltIn = live.connection === undefined
  let unchanged = 0
  let changed = 0
  for (const ids of groupIds(files.keys(), DOCUMENTS)) {
    const items = ids.map((itemId) => ({ itemId }))
    const documents = await findBySource(services, { userId, connectionId }, items)
    for (const [id, document] of documents) {
      const keeps = (order.keepOriginal || document.ownsObject) && !isBuiltIn
      const version = files.get(id)?.etag ?? null
      if (isUnchanged(document, { version }, keeps)) unchanged++
      else changed++
    }
  }
  return { unchanged, changed }
}

/** Files and bytes of each media type, those first of which there are most. */
function countTypes(files: readonly Entry[]) {
  const types = new Map<string, Entry[]>()
  for (const file of files) {
    const type = typeOf(file)
    const own = types.get(type)
    if (own === undefined) types.set(type, [file])
    else own.push(file)
  }
  return [...types]
    .map(([type, own]) => ({ type, files: own.length, bytes: sumSizes(own) }))
    .sort((a, b) => b.files - a.files || (a.type < b.type ? -1 : 1))
    .slice(0, MAX_NAMED)
}

/** As its name has it, where the drive does not know better. */
function typeOf(file: Entry): string {
  const type = mediaType(contentType(file) ?? undefined)
  return type === UNKNOWN_TYPE ? (mime.getType(file.name) ?? UNKNOWN_TYPE) : type
}

const UNKNOWN_TYPE = 'application/octet-stream'

const sumSizes = (files: readonly Entry[]) => files.reduce((sum, { size }) => sum + (size ?? 0), 0)

const count = (files: readonly Entry[], is: (file: Entry) => boolean) => files.filter(is).length
