// Drive v3's reading methods: about, drives, files.list, files.get. Strict about parameters, fields and scopes.
import type { Context } from 'hono'
import {
  ABOUT_SHAPE,
  answer,
  describeFile,
  FILE_SHAPE,
  page,
  pageSize,
  readFields,
  sendFile,
} from './google-answer.ts'
import { applyMask, type Shape } from './fields-mask.ts'
import { FOLDER, type GoogleFile } from './google-files.ts'
import { compileQuery } from './google-query.ts'
import { EXPORTS, GoogleError, type GoogleCaller, type GoogleState } from './google-state.ts'

const READ = ['drive', 'drive.file', 'drive.readonly', 'drive.metadata.readonly']
const FIVE_TIB = '5497558138880'

/** GET /about */
export function about(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, READ)
  const mask = state.query(c, ['fields']).get('fields')
  if (mask === null) {
    const message = "The 'fields' parameter is required for this method."
    throw new GoogleError(400, 'required', message, 'fields')
  }
  const { name, permissionId, quota } = state.profile(caller.account)
  const used = String(state.usedBy(caller.account))
  return answer(c, mask, ABOUT_SHAPE, {
    kind: 'drive#about',
    user: {
      kind: 'drive#user',
      displayName: name,
      me: true,
      permissionId,
      emailAddress: caller.account,
    },
    storageQuota: {
      // Absent when storage is unlimited.
      ...(quota === undefined ? {} : { limit: String(quota) }),
      usage: used,
      usageInDrive: used,
      usageInDriveTrash: '0',
    },
    maxUploadSize: FIVE_TIB,
    exportFormats: Object.fromEntries(
      Object.entries(EXPORTS).map(([kind, types]) => [
        `application/vnd.google-apps.${kind}`,
        types,
      ]),
    ),
    canCreateDrives: false,
  })
}

const DRIVE_SHAPE: Shape = { kind: true, id: true, name: true, hidden: true }

/** GET /drives: drive and drive.readonly only. */
export function listDrives(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, ['drive', 'drive.readonly'])
  const query = state.query(c, ['pageSize', 'pageToken', 'fields'])
  const all = [...state.files.drives.values()].filter((drive) => drive.members.has(caller.account))
  const size = Math.min(pageSize(query, 10, 100), state.settings.maxPage)
  const { rows, next } = page(state, query, all, size, 'drives')
  const shape: Shape = { kind: true, nextPageToken: true, drives: DRIVE_SHAPE }
  return answer(c, query.get('fields'), shape, {
    kind: 'drive#driveList',
    nextPageToken: next,
    drives: rows.map(({ id, name }) => ({ kind: 'drive#drive', id, name })),
  })
}

/** GET /drives/{id} */
export function getDrive(c: Context, state: GoogleState): Response {
  const caller = state.authorize(c, ['drive', 'drive.readonly'])
  const query = state.query(c, ['fields'])
  const { id, name } = findDrive(state, caller, c.req.param('id') ?? '')
  return answer(c, query.get('fields'), DRIVE_SHAPE, { kind: 'drive#drive', id, name })
}

function findDrive(state: GoogleState, caller: GoogleCaller, id: string) {
  const drive = state.files.drives.get(id)
  if (drive === undefined || !drive.members.has(caller.account)) {
    throw new GoogleError(404, 'notFound', `Shared drive not found: ${id}`, 'driveId')
  }
  return drive
}

/** GET /files/{id}, without alt=media. */
export async function getFile(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, READ)
  const query = state.query(c, ['fields', 'supportsAllDrives', 'acknowledgeAbuse', 'alt'])
  const file = state.find(caller, c.req.param('id') ?? '', query)
  return sendFile(c, state, caller, file, query.get('fields'))
}

const LIST_QUERY = [
  'q',
  'pageSize',
  'pageToken',
  'orderBy',
  'fields',
  'spaces',
  'corpora',
  'driveId',
  'supportsAllDrives',
  'includeItemsFromAllDrives',
]

const LIST_SHAPE: Shape = {
  kind: true,
  nextPageToken: true,
  incompleteSearch: true,
  files: FILE_SHAPE,
}

/** GET /files */
export async function listFiles(c: Context, state: GoogleState): Promise<Response> {
  const caller = state.authorize(c, READ)
  const query = state.query(c, LIST_QUERY)
  const mask = readFields(query.get('fields'), LIST_SHAPE)
  const inCorpus = readCorpus(state, caller, query)
  const test = readQuery(state, caller, query)
  const roots = new Set([state.files.rootOf(caller.account), ...state.files.drives.keys()])
  const rows = [...state.files.byId.values()].filter(
    (file) => inCorpus(file) && !roots.has(file.id) && test(file) && state.sees(caller, file),
  )
  const size = Math.min(pageSize(query, 100, 1000), state.settings.maxPage)
  const sorted = sort(rows, query.get('orderBy'))
  const { rows: shown, next } = page(state, query, sorted, size, 'files')
  // `files` alone, or no mask of its own, names the whole resource.
  const whole = new Map([['*', undefined]])
  const own = mask === undefined ? undefined : (mask.get('files') ?? whole)
  const files = await Promise.all(shown.map((file) => describeFile(state, caller, file, own)))
  const list = { kind: 'drive#fileList', incompleteSearch: false, nextPageToken: next, files }
  return c.json(applyMask(list, mask) as object)
}

/** Which drives are searched: all four parameters of one shared drive stand together. */
function readCorpus(
  state: GoogleState,
  caller: GoogleCaller,
  query: URLSearchParams,
): (file: GoogleFile) => boolean {
  const all = query.get('includeItemsFromAllDrives') === 'true'
  if (all && query.get('supportsAllDrives') !== 'true') {
    throw new GoogleError(400, 'invalid', 'includeItemsFromAllDrives requires supportsAllDrives')
  }
  const corpora = query.get('corpora') ?? 'user'
  if (!['user', 'domain', 'drive', 'allDrives'].includes(corpora)) {
    throw new GoogleError(400, 'invalidParameter', `Invalid value ${corpora}`, 'corpora')
  }
  const driveId = query.get('driveId')
  if ((corpora === 'drive') !== (driveId !== null)) {
    throw new GoogleError(400, 'invalid', 'corpora=drive and driveId need each other')
  }
  if ((corpora === 'drive' || corpora === 'allDrives') && !all) {
    throw new GoogleError(400, 'invalid', `corpora=${corpora} needs includeItemsFromAllDrives`)
  }
  if (driveId === null) return (file) => all || file.driveId === undefined
  findDrive(state, caller, driveId)
  return (file) => file.driveId === driveId
}

function readQuery(
  state: GoogleState,
  caller: GoogleCaller,
  query: URLSearchParams,
): (file: GoogleFile) => boolean {
  const text = query.get('q')
  if (text === null) return () => true
  const { files } = state
  let compiled
  try {
    compiled = compileQuery(text, {
      rootId: files.rootOf(caller.account),
      isSharedWithMe: (file) =>
        file.owner !== caller.account && file.sharedWith.has(caller.account),
      isTrashed: (file) => files.isTrashed(file),
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : 'Invalid Value'
    throw new GoogleError(400, 'invalid', message, 'q')
  }
  if (compiled.usesFullText && query.get('orderBy')) {
    const message = 'Sorting is not supported for queries with fullText terms.'
    throw new GoogleError(400, 'badRequest', message)
  }
  for (const parent of compiled.parents) {
    if (files.find(caller.account, parent) === undefined) {
      throw new GoogleError(404, 'notFound', `File not found: ${parent}.`, 'fileId')
    }
  }
  return compiled.test
}

const COLLATOR = new Intl.Collator('en', { numeric: true })
type Compare = (a: GoogleFile, b: GoogleFile) => number
const byChange: Compare = (a, b) => a.modifiedTime.localeCompare(b.modifiedTime)
const byName: Compare = (a, b) => COLLATOR.compare(a.name, b.name)
const rank = (file: GoogleFile) => (file.mimeType === FOLDER ? 0 : 1)
const ORDERS: Readonly<Record<string, Compare>> = {
  createdTime: (a, b) => a.createdTime.localeCompare(b.createdTime),
  folder: (a, b) => rank(a) - rank(b),
  modifiedByMeTime: byChange,
  modifiedTime: byChange,
  name: byName,
  name_natural: byName,
  quotaBytesUsed: (a, b) => (a.content?.size ?? 0) - (b.content?.size ?? 0),
  recency: byChange,
}

function sort(rows: GoogleFile[], orderBy: string | null): GoogleFile[] {
  const orders = (orderBy ?? '')
    .split(',')
    .filter((key) => key !== '')
    .map((key): Compare => {
      const [, name = '', descending] = /^ *(\w+)( desc)?$/.exec(key) ?? []
      const compare = Object.hasOwn(ORDERS, name) ? ORDERS[name] : undefined
      if (compare === undefined) {
        throw new GoogleError(400, 'invalid', `Invalid Value for orderBy: ${key}`, 'orderBy')
      }
      return descending === undefined ? compare : (a, b) => compare(b, a)
    })
  return rows.sort((a, b) => {
    for (const compare of orders) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  })
}
