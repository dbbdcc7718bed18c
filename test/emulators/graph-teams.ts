// Teams through Graph: the teams that somebody is in, their channels, and the folder in which a channel keeps its files.
// Source: learn.microsoft.com/graph/api/user-list-joinedteams, .../channel-list, .../team-list-allchannels, .../channel-get-filesfolder.
import type { Context } from 'hono'
import { decode } from './graph-address.ts'
import { CONTEXT } from './graph-browse.ts'
import { pick, webUrlOf } from './graph-describe.ts'
import {
  accessDenied,
  GraphError,
  invalidRequest,
  itemNotFound,
  requestDenied,
} from './graph-errors.ts'
import { takePage, type Browser } from './graph-pages.ts'
import { checkNames, readOptions } from './graph-query.ts'
import { CONTOSO } from './graph-settings.ts'
import { REACH_ALL } from './graph-state.ts'
import type { GraphChannel, GraphTeam } from './graph-tenant.ts'

const TEAM = /^\/teams\/([^/]+)$/
const CHANNEL = /^\/teams\/([^/]+)\/channels\/([^/]+)$/
const CHANNELS = /^\/teams\/([^/]+)\/(channels|allChannels)$/
const FILES_FOLDER = /^\/teams\/([^/]+)\/channels\/([^/]+)\/filesFolder$/
const CHANNEL_PROPERTIES = [
  'id',
  'displayName',
  'description',
  'createdDateTime',
  'membershipType',
  'tenantId',
  'webUrl',
  'email',
  'isArchived',
  'isFavoriteByDefault',
]
const BY_MEMBERSHIP = /^membershipType eq '(standard|private|shared)'$/
/** Not asked for, it is a value that no client knows. */
const UNKNOWN_MEMBERS = 'include-unknown-enum-members'

/** GET of `/me/joinedTeams` and of a path below `/teams`; undefined for another path. */
export function routeTeams(c: Context, browser: Browser, path: string): Response | undefined {
  if (path === '/me/joinedTeams') return listTeams(c, browser, path)
  const team = TEAM.exec(path)
  if (team !== null) return getTeam(c, browser, decode(team[1] ?? ''))
  const channel = CHANNEL.exec(path)
  if (channel !== null)
    return getChannel(c, browser, decode(channel[1] ?? ''), decode(channel[2] ?? ''))
  const list = CHANNELS.exec(path)
  if (list !== null) {
    const [, teamId = '', segment] = list
    return listChannels(c, browser, path, decode(teamId), segment === 'allChannels')
  }
  const folder = FILES_FOLDER.exec(path)
  if (folder === null) return undefined
  return filesFolder(c, browser, decode(folder[1] ?? ''), decode(folder[2] ?? ''))
}

/** No OData parameters; all properties are there, and most of them are null. */
function listTeams(c: Context, browser: Browser, path: string): Response {
  const { state } = browser
  const { person } = state.authorizeWork(c, ['Team.ReadBasic.All'], requestDenied)
  const options = readOnlyPages(c)
  const { ids, next } = takePage(c, browser, path, options, () =>
    [...state.tenant.teams.values()]
      .filter(({ members }) => members.has(person.email))
      .map(({ id }) => id),
  )
  const teams = ids.flatMap((id) => state.tenant.teams.get(id) ?? [])
  const value = teams.map(describeTeam)
  return c.json({
    '@odata.context': `${CONTEXT}#teams`,
    '@odata.count': value.length,
    value,
    ...next,
  })
}

/** A next-page link is followed, and nothing else is understood. */
function readOnlyPages(c: Context): { top: number; skipToken: string | undefined } {
  checkNames(new URL(c.req.url).searchParams, ['$skiptoken'])
  return { top: 1000, skipToken: c.req.query('$skiptoken') }
}

/** All properties of a team; most of them are not told. */
const TEAM_PROPERTIES = {
  id: '',
  createdDateTime: null,
  displayName: '',
  description: '',
  internalId: null,
  classification: null,
  specialization: null,
  visibility: null,
  webUrl: null,
  isArchived: false,
  memberSettings: null,
  guestSettings: null,
  messagingSettings: null,
  funSettings: null,
  discoverySettings: null,
}

const describeTeam = ({ id, displayName, description }: GraphTeam) => ({
  ...TEAM_PROPERTIES,
  id,
  displayName,
  description,
})

/** Source: learn.microsoft.com/graph/api/team-get. */
function getTeam(c: Context, { state }: Browser, id: string): Response {
  const caller = state.authorizeWork(c, ['Team.ReadBasic.All'], requestDenied)
  const { select } = readOptions(c, ['$select'], Object.keys(TEAM_PROPERTIES))
  const shown = pick(describeTeam(state.team(caller, id)), select)
  return c.json({ '@odata.context': `${CONTEXT}#teams/$entity`, ...shown })
}

/** Source: learn.microsoft.com/graph/api/channel-get. */
function getChannel(c: Context, { state }: Browser, teamId: string, id: string): Response {
  const caller = state.authorizeWork(c, ['Channel.ReadBasic.All'], requestDenied)
  const team = state.team(caller, teamId)
  const { select } = readOptions(c, ['$select'], CHANNEL_PROPERTIES)
  const shown = pick(describeChannel(findChannel(team, id), tellsUnknown(c)), select)
  return c.json({ '@odata.context': `${CONTEXT}#teams('${team.id}')/channels/$entity`, ...shown })
}

function findChannel({ channels, incoming }: GraphTeam, id: string): GraphChannel {
  const found = [...channels, ...incoming].find((channel) => channel.id === id)
  if (found === undefined) throw itemNotFound()
  return found
}

/** `all`: with the shared channels that other teams let this one into. */
function listChannels(
  c: Context,
  browser: Browser,
  path: string,
  teamId: string,
  all: boolean,
): Response {
  const { state } = browser
  const caller = state.authorizeWork(c, ['Channel.ReadBasic.All'], requestDenied)
  const team = state.team(caller, teamId)
  const known = ['$select', '$filter', '$skiptoken'] as const
  const options = readOptions(c, known, CHANNEL_PROPERTIES)
  const filter = c.req.query('$filter')
  const wanted = filter === undefined ? undefined : BY_MEMBERSHIP.exec(filter)
  if (wanted === null) throw invalidRequest('The $filter is not supported')
  const channels = all ? [...team.channels, ...team.incoming] : team.channels
  const { ids, next } = takePage(c, browser, path, { ...options, top: 1000 }, () =>
    channels
      .filter(({ membershipType }) => wanted === undefined || membershipType === wanted[1])
      .map(({ id }) => id),
  )
  const tells = tellsUnknown(c)
  const shown = channels.filter(({ id }) => ids.includes(id))
  const value = shown.map((channel) => ({
    ...(all ? { '@odata.id': odataId(channel) } : {}),
    ...pick(describeChannel(channel, tells), options.select),
  }))
  const context = `${CONTEXT}#teams('${team.id}')/${all ? 'allChannels' : 'channels'}`
  return c.json({ '@odata.context': context, '@odata.count': value.length, value, ...next })
}

/** Whether the caller asked for values that it may not know. */
function tellsUnknown(c: Context): boolean {
  const tells = (c.req.header('prefer') ?? '').split(/, */).includes(UNKNOWN_MEMBERS)
  if (tells) c.header('preference-applied', UNKNOWN_MEMBERS)
  return tells
}

const odataId = ({ id, teamId }: GraphChannel) =>
  `https://graph.microsoft.com/v1.0/tenants/${CONTOSO}/teams/${teamId}/channels/${id}`

function describeChannel(channel: GraphChannel, tells: boolean): Record<string, unknown> {
  const { id, displayName, created, membershipType } = channel
  return {
    id,
    createdDateTime: created,
    displayName,
    description: null,
    isFavoriteByDefault: null,
    email: '',
    tenantId: CONTOSO,
    webUrl: `https://teams.microsoft.com/l/channel/${encodeURIComponent(id)}`,
    membershipType: membershipType === 'shared' && !tells ? 'unknownFutureValue' : membershipType,
    isArchived: false,
  }
}

/** No OData parameters either. The folder has no times of its own and no etag. */
function filesFolder(c: Context, { state }: Browser, teamId: string, id: string): Response {
  const caller = state.authorizeWork(c, REACH_ALL)
  const team = state.team(caller, teamId)
  checkNames(new URL(c.req.url).searchParams, [])
  state.checkSharePoint()
  const { drive, folderId } = findChannel(team, id)
  if (drive.library?.members?.has(caller.person.email) === false) throw accessDenied()
  const folder = folderId === undefined ? undefined : state.items.items.get(folderId)
  if (folder === undefined) {
    const message = 'Folder location for this channel is not ready yet, please try again later.'
    throw new GraphError(404, 'NotFound', message)
  }
  return c.json({
    '@odata.context': `${CONTEXT}#teams('${team.id}')/channels('${id}')/filesFolder/$entity`,
    id: folder.id,
    createdDateTime: '0001-01-01T00:00:00Z',
    lastModifiedDateTime: folder.modified,
    name: folder.name,
    webUrl: [webUrlOf(drive), ...state.items.pathOf(folder).map(encodeURIComponent)].join('/'),
    size: 0,
    parentReference: { driveId: drive.id, driveType: drive.type },
    fileSystemInfo: { createdDateTime: folder.created, lastModifiedDateTime: folder.modified },
    folder: { childCount: state.items.childrenOf(folder.id).length },
  })
}
