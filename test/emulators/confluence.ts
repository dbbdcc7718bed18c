// Confluence Cloud as Slipway sees it: Atlassian's sign-in, the gateway with REST v2 and v1, and the media host. Written from
// Atlassian's documentation alone.
import type { Hono } from 'hono'
import { createAtlassianSignIn, mountAtlassianSignIn } from './atlassian-sign-in.ts'
import { lastVersion, type ConfluenceItem } from './confluence-items.ts'
import { MEDIA } from './confluence-media.ts'
import { API, mountConfluence, SITE_HOSTS } from './confluence-routes.ts'
import { attach, seedConfluence } from './confluence-seed.ts'
import {
  defaultConfluenceSettings,
  PEOPLE,
  SITES,
  type ConfluenceSettings,
  type Site,
} from './confluence-settings.ts'
import { ConfluenceState } from './confluence-state.ts'
import { hashContent, readAll } from './content.ts'
import type { OAuthServer } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'
import type { Vendor } from './vendor.ts'

export interface ConfluenceEmulator extends Vendor {
  readonly clients: Readonly<Record<string, string>>
  readonly oauth: OAuthServer
  readonly settings: ConfluenceSettings
  /** The sites an account is a member of; the first is the default. */
  readonly sites: (account: string) => readonly Site[]
  /** The id of a seeded or added space of the account's site (the first, if there is no cloud id). */
  readonly spaceId: (account: string, key: string, cloudId?: string) => string
  /** `site`: an account, whose first site is meant, or a cloud id. */
  readonly addSpace: (site: string, key: string, name: string) => string
  readonly addPage: (
    spaceId: string,
    parentId: string | undefined,
    title: string,
    storage: string,
  ) => string
  readonly addFolder: (spaceId: string, parentId: string | undefined, title: string) => string
  /** A number is a size, whose bytes are made up. A name that is taken gets a further version. */
  readonly addAttachment: (
    pageId: string,
    name: string,
    content: Uint8Array | string | number,
    mediaType?: string,
  ) => string
  /** So many pages at the root of a space, or below a page or a folder. */
  readonly addMany: (parentId: string, count: number) => void
  /** Another version of a page. */
  readonly editPage: (pageId: string, storage: string) => void
  /** By id, attachments with `att`. */
  readonly item: (id: string) => ConfluenceItem | undefined
  /** The first of this title. */
  readonly find: (title: string) => ConfluenceItem
  readonly children: (id: string) => readonly ConfluenceItem[]
  readonly content: (id: string) => Promise<Buffer>
  /** Lower-case hex. */
  readonly sha256: (id: string) => Promise<string>
}

export function createConfluence(): ConfluenceEmulator {
  const settings = defaultConfluenceSettings()
  const oauth = createAtlassianSignIn(settings)
  const state = new ConfluenceState(oauth, settings)
  const { items } = state

  const sites = (account: string) => SITES.filter(({ members }) => members.includes(account))
  const siteOf = (name: string) => {
    const site = SITES.find(({ id }) => id === name) ?? sites(name)[0]
    if (site === undefined) throw new Error(`no Confluence site ${name}`)
    return site
  }
  const itemOf = (id: string) => {
    const item = items.items.get(id)
    if (item === undefined) throw new Error(`nothing in Confluence has the id ${id}`)
    return item
  }
  const contentOf = (id: string) => {
    const { content } = lastVersion(itemOf(id))
    if (content === undefined) throw new Error(`The Confluence emulator has no bytes of ${id}`)
    return content
  }

  const emulator: ConfluenceEmulator = {
    name: 'confluence',
    hosts: ['auth.atlassian.com', API],
    extraHosts: [MEDIA, ...SITE_HOSTS],
    clients: {
      CONFLUENCE_CLIENT_ID: oauth.rules.clientId,
      CONFLUENCE_CLIENT_SECRET: oauth.rules.clientSecret,
    },
    oauth,
    settings,
    mount: (app, served) => {
      mountAtlassianSignIn(app, state)
      mountConfluence(app as unknown as Hono<NodeEnv>, state, served.baseOf)
    },
    reset: () => {
      oauth.reset()
      oauth.settings.accessTokenLifetime = 3600
      Object.assign(settings, defaultConfluenceSettings())
      state.cursors.clear()
      state.tickets.clear()
      state.points.reset()
      items.clear()
      seedConfluence(items)
    },
    sites,
    spaceId: (account, key, cloudId) => {
      const site = siteOf(cloudId ?? account)
      const space = [...items.spaces.values()].find((one) => one.site === site && one.key === key)
      if (space === undefined) throw new Error(`${site.name} has no space ${key}`)
      return space.id
    },
    addSpace: (site, key, name) => {
      const where = siteOf(site)
      const author = PEOPLE.find(({ email }) => where.members.includes(email))
      if (author === undefined) throw new Error(`nobody is on ${where.name}`)
      const createdAt = new Date().toISOString()
      const more = { type: 'global', status: 'current', extra: false } as const
      return items.addSpace({ site: where, author, key, name, createdAt, ...more }).id
    },
    addPage: (spaceId, parentId, title, storage) =>
      items.add({ type: 'page', spaceId, parentId, title, storage }).id,
    addFolder: (spaceId, parentId, title) =>
      items.add({ type: 'folder', spaceId, parentId, title }).id,
    addAttachment: (pageId, name, content, mediaType = 'application/octet-stream') =>
      attach(items, itemOf(pageId), name, content, mediaType).id,
    addMany: (parentId, count) => {
      const place = items.spaces.has(parentId)
        ? { spaceId: parentId }
        : { spaceId: itemOf(parentId).spaceId, parentId }
      for (let index = 0; index < count; index += 1) {
        const title = `item-${String(index).padStart(5, '0')}`
        items.add({ type: 'page', ...place, title, storage: `<p>${title}</p>` })
      }
    },
    editPage: (pageId, storage) => items.revise(itemOf(pageId), { storage }),
    item: (id) => items.items.get(id),
    find: (title) => {
      const found = [...items.items.values()].find((item) => item.title === title)
      if (found === undefined) throw new Error(`nothing in Confluence is called ${title}`)
      return found
    },
    children: (id) => items.childrenOf(id),
    content: (id) => readAll(contentOf(id)),
    sha256: (id) => hashContent(contentOf(id)),
  }
  emulator.reset()
  return emulator
}
