// One item or folder of the tree, and the way to it from the top.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Location, Page, Session } from '../contract.ts'
import { parseId, sameDrive, type Address } from '../graph/address.ts'
import { fetchGraph, getItem } from '../graph/api.ts'
import * as graph from '../graph/browse.ts'
import { nameOf, readCollections, type Row } from './collections.ts'
import {
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
} from './places.ts'
import { toTeam } from './tree.ts'

type Step = Location['path'][number]

const encode = encodeURIComponent

export async function stat(session: Session, id: string): Promise<Entry> {
  const place = parsePlace(id)
  if (place.kind === 'item') {
    const entry = await graph.stat(session, id)
    if (!isDriveRoot(session, id)) return entry
    const { name, path } = await locate(session, id)
    return placeEntry({ ...entry, name }, path.at(-1)?.id)
  }
  const { name, path } = await locate(session, id)
  return placeEntry({ id, name }, path.at(-1)?.id)
}

export function isDriveRoot(session: Session, id: string): boolean {
  return parseId(session, id).itemId === 'root'
}

export async function locate(session: Session, id: string): Promise<Location> {
  const place = parsePlace(id)
  switch (place.kind) {
    case 'root':
      return { ...ROOT, path: [] }
    case 'sites':
      return { ...SITES, path: [ROOT] }
    case 'teams':
      return { ...TEAMS, path: [ROOT] }
    case 'site':
      return { id, name: await nameOfSite(session, place.siteId), path: [ROOT, SITES] }
    case 'library': {
      const [site, name] = await Promise.all([
        nameOfSite(session, place.siteId),
        nameOfDrive(session, place.driveId),
      ])
      return { id, name, path: [ROOT, SITES, { id: siteId(place.siteId), name: site }] }
    }
    case 'team':
      return { id, name: await nameOfTeam(session, place.teamId), path: [ROOT, TEAMS] }
    case 'channel': {
      const [team, channel] = await Promise.all([
        nameOfTeam(session, place.teamId),
        fetchGraph<Row>(
          session,
          `/teams/${encode(place.teamId)}/channels/${encode(place.channelId)}`,
        ),
      ])
      const above = { id: teamId(place.teamId), name: team }
      return { id, name: nameOf(channel, 'Channel'), path: [ROOT, TEAMS, above] }
    }
    case 'item':
      return locateItem(session, id)
  }
}

async function nameOfSite(session: Session, id: string): Promise<string> {
  return nameOf(await fetchGraph<Row>(session, `/sites/${encode(id)}`), 'Site')
}

/** There is no right to read a single team: the list of the joined ones names it. */
async function nameOfTeam(session: Session, id: string): Promise<string> {
  let cursor: string | null = null
  for (let pages = 0; pages < 20; pages++) {
    const page: Page = await readCollections(
      session,
      [{ path: '/me/joinedTeams', toEntry: toTeam }],
      cursor,
    )
    const team = page.entries.find((entry) => entry.id === teamId(id))
    if (team !== undefined) return team.name
    cursor = page.cursor
    if (cursor === null) break
  }
  throw new Problem('item_not_found', 'The account is no member of this team.')
}

async function locateItem(session: Session, id: string): Promise<Location> {
  const address = parseId(session, id)
  const [within, above] = await Promise.all([
    graph.locate(session, id),
    wayToDrive(session, address),
  ])
  const drive = above.at(-1)
  if (within.path.length === 0) {
    return { id, name: drive?.name ?? within.name, path: above.slice(0, -1) }
  }
  return { ...within, path: [...above, ...within.path.slice(1)] }
}

/** From the top down to the drive in which an item lies. */
async function wayToDrive(session: Session, item: Address): Promise<Step[]> {
  const { driveId } = item
  const own = session.data['oneDrive']
  const root = driveRootId(session, driveId)
  if (own !== undefined && sameDrive(driveId, own)) return [ROOT, { id: root, name: ONEDRIVE }]
  const [drive, site] = await Promise.all([nameOfDrive(session, driveId), findSite(session, item)])
  // Somebody else's drive, into which a shortcut leads; or a library whose site is out of sight.
  if (site === undefined) return [ROOT, { id: root, name: drive }]
  const above = { id: siteId(site.id), name: site.name }
  return [ROOT, SITES, above, { id: libraryId(site.id, driveId), name: drive }]
}

async function nameOfDrive(session: Session, driveId: string): Promise<string> {
  const path = `/drives/${encode(driveId)}?$select=id,name`
  return nameOf(await fetchGraph<Row>(session, path), 'Documents')
}

/** The site in whose library an item lies, by what the item says of it. */
async function findSite(session: Session, address: Address): Promise<Step | undefined> {
  try {
    const item = await getItem(session, address, 'id,parentReference')
    const id = item.parentReference?.siteId
    if (id === undefined) return undefined
    const site = await fetchGraph<Row>(session, `/sites/${encode(id)}`)
    return { id: site.id ?? id, name: nameOf(site, 'Site') }
  } catch (error) {
    if (error instanceof Problem && error.code !== 'rate_limited') return undefined
    throw error
  }
}
