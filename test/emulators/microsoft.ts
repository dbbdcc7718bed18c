// Microsoft as Slipway sees it: Entra sign-in, Graph v1.0, and the file hosts behind it. Written from Microsoft's documentation alone.
import type { Hono } from 'hono'
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import type { GraphItem } from './graph-items.ts'
import { FILE_HOSTS, GRAPH, mountGraph, type Running } from './graph-routes.ts'
import { seedMicrosoft } from './graph-seed.ts'
import { defaultMicrosoftSettings, type MicrosoftSettings } from './graph-settings.ts'
import { MicrosoftState } from './graph-state.ts'
import type { GraphTenant } from './graph-tenant.ts'
import { createSignIn, MICROSOFT_365_APP, mountSignIn, ONEDRIVE_APP } from './microsoft-sign-in.ts'
import type { OAuthServer } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'
import type { Vendor } from './vendor.ts'

export interface MicrosoftEmulator extends Vendor {
  readonly clients: Readonly<Record<string, string>>
  readonly oauth: OAuthServer
  readonly settings: MicrosoftSettings
  /** Ids of open upload sessions. */
  readonly sessions: () => string[]
  /** Bytes that each of them has, the newest last. */
  readonly kept: () => number[]
  rootId: (account: string) => string
  /** By what a site, a library, a team or a channel is called; throws when there is none. */
  siteId: (name: string) => string
  libraryRootId: (site: string, library: string) => string
  teamId: (name: string) => string
  channelId: (team: string, channel: string) => string
  /** The folder of a channel, which is made if nobody has opened the Files tab. */
  channelFolderId: (team: string, channel: string) => string
  /** A parent is `root` for the account's own drive, or the id of a folder in any drive. */
  addFolder: (account: string, parent: string, name: string) => string
  /** A number is a size, whose bytes are made up. Without a type, the name's ending tells it. */
  addFile: (
    account: string,
    parent: string,
    name: string,
    content: Uint8Array | string | number,
    mimeType?: string,
  ) => string
  addMany: (account: string, parent: string, count: number) => void
  /** `target`: an item's id, in any drive. */
  addShortcut: (account: string, parent: string, name: string, target: string) => string
  /** What a file says from now on. */
  edit: (id: string, content: string | Uint8Array) => void
  item: (id: string) => GraphItem | undefined
  children: (account: string, parent: string) => GraphItem[]
  content: (id: string) => Promise<Buffer>
  /** Lower-case hex. */
  sha256: (id: string) => Promise<string>
}

/** Finds by display name. */
function finderOf({ sites, teams }: GraphTenant) {
  const some = <T>(found: T | undefined, what: string): T => {
    if (found === undefined) throw new Error(`no Microsoft ${what}`)
    return found
  }
  const site = (name: string) =>
    some(
      [...sites.values()].find((one) => one.displayName === name),
      `site ${name}`,
    )
  const team = (name: string) =>
    some(
      [...teams.values()].find((one) => one.displayName === name),
      `team ${name}`,
    )
  return {
    site,
    team,
    library: (of: string, name: string) =>
      some(
        site(of).libraries.find((one) => one.library?.name === name),
        `library ${name}`,
      ),
    channel: (of: string, name: string) =>
      some(
        team(of).channels.find((one) => one.displayName === name),
        `channel ${name}`,
      ),
  }
}

export function createMicrosoft(): MicrosoftEmulator {
  const settings = defaultMicrosoftSettings()
  const oauth = createSignIn(settings)
  const state = new MicrosoftState(oauth, settings)
  const running: Running = { sessions: new Map(), tickets: new Map(), copies: new Map() }

  const driveOf = (account: string) => {
    const drive = state.items.driveOf(account)
    if (drive === undefined) throw new Error(`no Microsoft account ${account}`)
    return drive
  }
  const parentOf = (account: string, parent: string) =>
    parent === 'root' ? driveOf(account).rootId : parent
  const placeIn = (account: string, parent: string, name: string) => {
    const folder = state.items.items.get(parentOf(account, parent))
    if (folder === undefined) throw new Error(`no Microsoft folder ${parent}`)
    return { driveId: folder.driveId, parent: folder.id, name }
  }
  const find = finderOf(state.tenant)
  const contentOf = (id: string) => {
    const content = state.items.items.get(id)?.content
    if (content === undefined) throw new Error(`The Microsoft emulator has no bytes of ${id}`)
    return content
  }

  const emulator: MicrosoftEmulator = {
    name: 'microsoft',
    hosts: ['login.microsoftonline.com', GRAPH],
    extraHosts: FILE_HOSTS,
    clients: {
      ONEDRIVE_CLIENT_ID: ONEDRIVE_APP.clientId,
      ONEDRIVE_CLIENT_SECRET: ONEDRIVE_APP.clientSecret,
      MICROSOFT_365_CLIENT_ID: MICROSOFT_365_APP.clientId,
      MICROSOFT_365_CLIENT_SECRET: MICROSOFT_365_APP.clientSecret,
    },
    oauth,
    settings: state.settings,
    sessions: () => [...running.sessions.keys()],
    kept: () => [...running.sessions.values()].map(({ writer }) => writer.size),
    rootId: (account) => driveOf(account).rootId,
    siteId: (name) => find.site(name).id,
    libraryRootId: (site, library) => find.library(site, library).rootId,
    teamId: (name) => find.team(name).id,
    channelId: (team, channel) => find.channel(team, channel).id,
    channelFolderId: (team, channel) => state.tenant.openFilesTab(find.channel(team, channel)),
    mount: (app, served) => {
      mountSignIn(app, oauth, state.settings)
      mountGraph(app as unknown as Hono<NodeEnv>, state, running, served.baseOf)
    },
    reset: () => {
      oauth.reset()
      for (const { writer } of running.sessions.values()) void writer.discard()
      for (const map of Object.values(running)) map.clear()
      Object.assign(state.settings, defaultMicrosoftSettings())
      state.pages.clear()
      state.items.clear()
      state.tenant.clear()
      const [ann, pat, nolicense] = ['ann@contoso.com', 'pat@outlook.com', 'nolicense@contoso.com']
      seedMicrosoft(state.tenant, { ann, pat, nolicense })
    },
    addFolder: (account, parent, name) =>
      state.items.put({ ...placeIn(account, parent, name), kind: 'folder' }).id,
    addFile: (account, parent, name, content, mimeType) =>
      state.items.put({
        ...placeIn(account, parent, name),
        kind: 'file',
        content:
          typeof content === 'number'
            ? contentOfSize(content)
            : contentOfBytes(Buffer.from(content)),
        ...(mimeType === undefined ? {} : { mimeType }),
      }).id,
    addMany: (account, parent, count) => {
      for (let index = 0; index < count; index += 1) {
        const name = `item-${String(index).padStart(5, '0')}.txt`
        const content = contentOfSize(16)
        state.items.put({ ...placeIn(account, parent, name), kind: 'file', content })
      }
    },
    addShortcut: (account, parent, name, target) => {
      const driveId = state.items.items.get(target)?.driveId
      if (driveId === undefined) throw new Error(`no Microsoft item ${target}`)
      const link = { kind: 'link', target: { driveId, itemId: target } } as const
      return state.items.put({ ...placeIn(account, parent, name), ...link }).id
    },
    edit: (id, content) => {
      const item = state.items.items.get(id)
      if (item === undefined) throw new Error(`no Microsoft item ${id}`)
      item.content?.discard()
      item.content = contentOfBytes(Buffer.from(content))
      delete item.hash
      state.items.touch(item, true)
    },
    item: (id) => state.items.items.get(id),
    children: (account, parent) => state.items.childrenOf(parentOf(account, parent)),
    content: (id) => readAll(contentOf(id)),
    sha256: (id) => hashContent(contentOf(id)),
  }
  emulator.reset()
  return emulator
}
