// The ids of what stands above the drives: the three branches, sites, teams, channels.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { formatId } from '../graph/address.ts'
import { decodeId, encodeId } from '../opaque-id.ts'

export type Place =
  | { readonly kind: 'root' }
  | { readonly kind: 'sites' }
  | { readonly kind: 'teams' }
  | { readonly kind: 'site'; readonly siteId: string }
  /** A drive of a site: its top folder does not say by itself where it stands. */
  | { readonly kind: 'library'; readonly siteId: string; readonly driveId: string }
  | { readonly kind: 'team'; readonly teamId: string }
  | { readonly kind: 'channel'; readonly teamId: string; readonly channelId: string }
  /** A drive, or what lies in one: an id as Graph's providers have it. */
  | { readonly kind: 'item' }

export const ROOT = { id: 'root', name: 'Microsoft 365' }
export const SITES = { id: 'sites', name: 'SharePoint' }
export const TEAMS = { id: 'teams', name: 'Teams' }
export const ONEDRIVE = 'OneDrive'

/** Throws `item_not_found` for what is no id of ours. */
export function parsePlace(id: string): Place {
  if (id === ROOT.id) return { kind: 'root' }
  if (id === SITES.id) return { kind: 'sites' }
  if (id === TEAMS.id) return { kind: 'teams' }
  const [, kind, encoded] = /^(site|library|team|channel)\.(.+)$/.exec(id) ?? []
  if (kind === undefined || encoded === undefined) return { kind: 'item' }
  const [first = '', second = ''] = decodeId(encoded).split('\n')
  if (kind === 'site') return { kind, siteId: checkPart(first) }
  if (kind === 'team') return { kind, teamId: checkPart(first) }
  if (kind === 'library') return { kind, siteId: checkPart(first), driveId: checkPart(second) }
  return { kind: 'channel', teamId: checkPart(first), channelId: checkPart(second) }
}

/** Graph's ids hold commas, colons and an `@`; never what would lead to another path. */
function checkPart(part: string): string {
  if (!/^[A-Za-z0-9,.:@_!-]{3,400}$/.test(part) || part.includes('..')) {
    throw new Problem('item_not_found')
  }
  return part
}

export const siteId = (id: string) => `site.${encodeId(id)}`
export const teamId = (id: string) => `team.${encodeId(id)}`
export const libraryId = (site: string, drive: string) => `library.${encodeId(`${site}\n${drive}`)}`
export const channelId = (team: string, channel: string) =>
  `channel.${encodeId(`${team}\n${channel}`)}`

/** The top folder of a drive. */
export function driveRootId(session: Session, driveId: string): string {
  return formatId(session, { driveId, itemId: 'root' })
}

/** A folder that is a part of the tree itself. */
export function placeEntry(
  place: { readonly id: string; readonly name: string; readonly webUrl?: string | undefined },
  parentId: string | undefined,
): Entry {
  return {
    id: place.id,
    name: place.name,
    isFolder: true,
    size: null,
    mimeType: null,
    modifiedAt: null,
    etag: null,
    ...(place.webUrl === undefined ? {} : { webUrl: place.webUrl }),
    ...(parentId === undefined ? {} : { parentId }),
    isFixed: true,
  }
}
