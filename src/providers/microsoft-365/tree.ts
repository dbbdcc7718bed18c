// One tree of OneDrive, SharePoint and Teams: lists what stands above the drives, and searches all of it.
import { invalidField, Problem } from '../../problems/problem.ts'
import type { Entry, ListOptions, Page, SearchOptions, Session } from '../contract.ts'
import { formatId, normalizeDriveId } from '../graph/address.ts'
import { fetchGraph, strangeAnswer, type DriveItem } from '../graph/api.ts'
import * as graph from '../graph/browse.ts'
import { nameOf, readCollections, type Collection, type Row } from './collections.ts'
import {
  channelId,
  driveRootId,
  libraryId,
  ONEDRIVE,
  parsePlace,
  placeEntry,
  ROOT,
  siteId,
  SITES,
  teamId,
  TEAMS,
  type Place,
} from './places.ts'

const isPersonal = (session: Session) => session.data['driveType'] === 'personal'
const encode = encodeURIComponent
/** What Graph may say to whoever has no drive of their own, or may not use it. */
const WITHOUT_DRIVE: readonly string[] = [
  'not_supported',
  'item_not_found',
  'access_denied',
  'upload_locked',
]
/** Followed sites beyond these pages may be shown a second time. */
const MAX_FOLLOWED_PAGES = 20

export async function list(session: Session, options: ListOptions): Promise<Page> {
  const place = parsePlace(options.folderId)
  switch (place.kind) {
    case 'root':
      return { entries: branches(session), cursor: null }
    case 'item':
      return graph.list(session, options)
    case 'library':
    case 'channel': {
      const folder = await writableFolder(session, options.folderId)
      const page = await graph.list(session, { ...options, folderId: folder })
      const entries = page.entries.map((entry) => ({ ...entry, parentId: options.folderId }))
      return { ...page, entries }
    }
    case 'sites':
      return readCollections(session, await sitesOf(session, options.cursor), options.cursor)
    case 'site':
    case 'teams':
    case 'team':
      return readCollections(session, collectionsOf(place), options.cursor)
  }
}

/** Personal accounts have neither SharePoint nor Teams; an account without a licence has no OneDrive. */
function branches(session: Session): Entry[] {
  const drive = session.data['oneDrive']
  const own = drive === undefined ? [] : [{ id: driveRootId(session, drive), name: ONEDRIVE }]
  const shared = isPersonal(session) ? [] : [SITES, TEAMS]
  return [...own, ...shared].map((branch) => placeEntry(branch, ROOT.id))
}

function collectionsOf(place: Extract<Place, { kind: 'site' | 'teams' | 'team' }>): Collection[] {
  switch (place.kind) {
    case 'site': {
      const path = `/sites/${encode(place.siteId)}`
      const parent = siteId(place.siteId)
      return [
        { path: `${path}/drives`, toEntry: (row) => toLibrary(place.siteId, row, parent) },
        { path: `${path}/sites`, toEntry: (row) => toSite(row, parent) },
      ]
    }
    case 'teams':
      return [{ path: '/me/joinedTeams', toEntry: toTeam }]
    case 'team':
      return [
        {
          path: `/teams/${encode(place.teamId)}/channels`,
          // Without it, shared channels have no type that could be told.
          prefer: 'include-unknown-enum-members',
          toEntry: (row) => toChannel(place.teamId, row),
        },
      ]
  }
}

/** The followed ones first, then all that a search for everything finds. */
async function sitesOf(session: Session, cursor: string | null): Promise<Collection[]> {
  const followed = new Set<string>()
  const collect: Collection = {
    path: '/me/followedSites',
    // Following is kept in the user's own drive: without one there is nothing to follow.
    isEmpty: (error) => error instanceof Problem && WITHOUT_DRIVE.includes(error.code),
    toEntry: (row) => {
      if (row.id !== undefined) followed.add(row.id)
      return toSite(row, SITES.id)
    },
  }
  const all: Collection = {
    path: '/sites?search=*',
    toEntry: (row) => (followed.has(row.id ?? '') ? undefined : toSite(row, SITES.id)),
  }
  // Read for later pages too, so that they leave out what the first ones have shown.
  let at: string | null = null
  for (let pages = 0; cursor !== null && pages < MAX_FOLLOWED_PAGES; pages++) {
    const page: Page = await readCollections(session, [collect], at)
    at = page.cursor
    if (at === null) break
  }
  return [collect, all]
}

function toSite(row: Row, parent: string): Entry | undefined {
  if (row.id === undefined) return undefined
  const name = nameOf(row, row.webUrl ?? 'Site')
  return placeEntry({ id: siteId(row.id), name, webUrl: row.webUrl }, parent)
}

function toLibrary(site: string, row: Row, parent: string): Entry | undefined {
  if (row.id === undefined) return undefined
  const id = libraryId(site, row.id)
  return placeEntry({ id, name: nameOf(row, 'Documents'), webUrl: row.webUrl }, parent)
}

export function toTeam(row: Row): Entry | undefined {
  if (row.id === undefined) return undefined
  return placeEntry({ id: teamId(row.id), name: nameOf(row, 'Team') }, TEAMS.id)
}

function toChannel(team: string, row: Row): Entry | undefined {
  if (row.id === undefined) return undefined
  const id = channelId(team, row.id)
  return placeEntry({ id, name: nameOf(row, 'Channel'), webUrl: row.webUrl }, teamId(team))
}

/** The id of the folder in which a channel's files lie. */
async function channelFolder(
  session: Session,
  place: Extract<Place, { kind: 'channel' }>,
): Promise<string> {
  const path = `/teams/${encode(place.teamId)}/channels/${encode(place.channelId)}/filesFolder`
  const folder = await fetchGraph<DriveItem>(session, path).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'access_denied') throw error
    throw new Problem(
      'access_denied',
      'The channel is private: only its members reach its files. Ask one of its owners.',
    )
  })
  const driveId = folder.parentReference?.driveId
  if (driveId === undefined || typeof folder.id !== 'string') throw strangeAnswer()
  return formatId(session, { driveId: normalizeDriveId(driveId), itemId: folder.id })
}

/** The folder of a drive in which something can be made; the top stands for OneDrive. Others hold nothing but drives. */
export async function writableFolder(session: Session, id: string): Promise<string> {
  const place = parsePlace(id)
  if (place.kind === 'item') return id
  if (place.kind === 'library') return driveRootId(session, place.driveId)
  if (place.kind === 'channel') return channelFolder(session, place)
  if (place.kind !== 'root') {
    throw invalidField('parent_id', 'holds no files itself; choose a library or a channel in it')
  }
  const drive = session.data['oneDrive']
  if (drive === undefined) {
    throw new Problem('not_supported', 'This Microsoft account has no OneDrive.')
  }
  return driveRootId(session, drive)
}

/** Sites of this name first, then files in the account's own drive. */
export async function search(session: Session, options: SearchOptions): Promise<Page> {
  const drive = session.data['oneDrive']
  const inDrive = options.cursor?.startsWith('drive ') === true
  if (!inDrive && !isPersonal(session)) {
    const sites: Collection = {
      path: `/sites?search=${encode(options.query)}`,
      toEntry: (row) => toSite(row, SITES.id),
      // Without the right to see sites, files can still be found.
      isEmpty: (error) => error instanceof Problem && error.code === 'insufficient_scope',
    }
    const page = await readCollections(session, [sites], options.cursor)
    if (page.cursor !== null || drive === undefined) return page
    if (page.entries.length > 0) return { ...page, cursor: 'drive ' }
  }
  if (drive === undefined) return { entries: [], cursor: null }
  const cursor = inDrive ? options.cursor?.slice('drive '.length) || null : null
  const page = await graph.search(session, { ...options, cursor }, drive)
  return { ...page, cursor: page.cursor === null ? null : `drive ${page.cursor}` }
}
