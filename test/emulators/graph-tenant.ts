// The SharePoint sites and the teams of the emulated tenant: libraries are drives of their own, channels have folders in them.
// Source: learn.microsoft.com/graph/api/resources/site, .../channel.
import { randomBytes, randomUUID } from 'node:crypto'
import type { GraphDrive, GraphItems, Library } from './graph-items.ts'

export const SHAREPOINT = 'contoso.sharepoint.com'

export interface GraphSite {
  readonly id: string
  /** The last part of its path; empty for the root site. */
  readonly name: string
  readonly displayName: string
  /** Below the host: empty for the root site. */
  readonly path: string
  readonly parent: GraphSite | undefined
  /** The whole tenant if left out. */
  readonly members: ReadonlySet<string> | undefined
  /** Sites of private and shared channels do not come up in a search. */
  readonly listed: boolean
  readonly created: string
  /** The first one is the default. */
  readonly libraries: GraphDrive[]
}

export interface GraphTeam {
  /** Of the group, too. */
  readonly id: string
  readonly displayName: string
  readonly description: string
  readonly members: ReadonlySet<string>
  readonly site: GraphSite
  readonly channels: GraphChannel[]
  /** Shared channels of other teams. */
  readonly incoming: GraphChannel[]
}

export interface GraphChannel {
  readonly id: string
  readonly displayName: string
  readonly membershipType: 'standard' | 'private' | 'shared'
  /** Its host's. */
  readonly teamId: string
  readonly created: string
  readonly drive: GraphDrive
  /** None until somebody has opened the Files tab. */
  folderId: string | undefined
}

/** The GUID that a site's id shares with its subsites. */
export const collectionOf = (siteId: string) => siteId.split(',')[1] ?? siteId

type LibraryOptions = Pick<Library, 'readOnly' | 'quotaShown'>

export class GraphTenant {
  readonly sites = new Map<string, GraphSite>()
  readonly teams = new Map<string, GraphTeam>()
  /** Ids of sites, by account. */
  readonly followed = new Map<string, Set<string>>()

  constructor(readonly items: GraphItems) {}

  clear(): void {
    this.sites.clear()
    this.teams.clear()
    this.followed.clear()
  }

  /** By its id, by `root`, by the host's name, which is the root site's, or by the GUID of its collection. */
  siteById(id: string): GraphSite | undefined {
    if (id === 'root' || id === SHAREPOINT) return this.siteByPath('')
    const top = [...this.sites.values()].filter(({ parent }) => parent === undefined)
    return this.sites.get(id) ?? top.find((site) => collectionOf(site.id) === id)
  }

  /** Paths are the same in any case. */
  siteByPath(path: string): GraphSite | undefined {
    const wanted = path.toLowerCase()
    return [...this.sites.values()].find((site) => site.path.toLowerCase() === wanted)
  }

  addSite(
    name: string,
    displayName: string,
    options: {
      readonly parent?: GraphSite
      readonly members?: ReadonlySet<string>
      readonly listed?: boolean
    } = {},
  ): GraphSite {
    const above = options.parent?.path ?? '/sites'
    // A subsite is in the same collection: only the last part of its id differs.
    const collection = options.parent ? collectionOf(options.parent.id) : randomUUID()
    const site: GraphSite = {
      id: `${SHAREPOINT},${collection},${randomUUID()}`,
      name,
      displayName,
      path: name === '' ? '' : `${above}/${name}`,
      parent: options.parent,
      members: options.members ?? options.parent?.members,
      listed: options.listed ?? true,
      created: new Date().toISOString(),
      libraries: [],
    }
    this.sites.set(site.id, site)
    return site
  }

  addLibrary(site: GraphSite, name: string, options: LibraryOptions = {}): GraphDrive {
    const { members, id: siteId } = site
    // The default library is called one thing and addressed by another.
    const segment = name === 'Documents' ? 'Shared Documents' : name
    const library: Library = {
      name,
      siteId,
      path: `${site.path}/${segment}`,
      ...(members === undefined ? {} : { members }),
      ...options,
    }
    const drive = this.items.addDrive('documentLibrary', site.displayName, library)
    site.libraries.push(drive)
    return drive
  }

  addTeam(site: GraphSite, description: string, members: readonly string[]): GraphTeam {
    const team: GraphTeam = {
      id: randomUUID(),
      displayName: site.displayName,
      description,
      members: new Set(members),
      site,
      channels: [],
      incoming: [],
    }
    this.teams.set(team.id, team)
    return team
  }

  /** Standard channels are folders of the team's library; the others have a site and a library of their own. */
  addChannel(
    team: GraphTeam,
    displayName: string,
    membershipType: GraphChannel['membershipType'],
    members: readonly string[] = [...team.members],
  ): GraphChannel {
    const channel: GraphChannel = {
      id: `19:${randomBytes(16).toString('hex')}@thread.tacv2`,
      displayName,
      membershipType,
      teamId: team.id,
      created: new Date().toISOString(),
      drive:
        membershipType === 'standard'
          ? libraryOf(team.site)
          : this.#ownLibrary(team, displayName, members),
      folderId: undefined,
    }
    team.channels.push(channel)
    return channel
  }

  #ownLibrary(team: GraphTeam, channel: string, members: readonly string[]): GraphDrive {
    const name = `${team.site.name}-${channel.replaceAll(/\W/g, '')}`
    const displayName = `${team.displayName}-${channel}`
    const site = this.addSite(name, displayName, { members: new Set(members), listed: false })
    return this.addLibrary(site, 'Documents')
  }

  /** What somebody does in Teams before a channel has a folder. Returns its id. */
  openFilesTab(channel: GraphChannel): string {
    const { drive, displayName: name } = channel
    channel.folderId ??= this.items.put({
      driveId: drive.id,
      name,
      parent: drive.rootId,
      kind: 'folder',
    }).id
    return channel.folderId
  }
}

function libraryOf(site: GraphSite): GraphDrive {
  const [library] = site.libraries
  if (library === undefined) throw new Error(`${site.displayName} has no library`)
  return library
}
