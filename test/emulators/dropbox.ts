// Dropbox as Slipway sees it: sign-in, API v2 on its hosts, and temporary links. Written from Dropbox's documentation alone.
import type { Hono } from 'hono'
import { contentOfBytes, contentOfSize, hashContent, readAll } from './content.ts'
import { accountRoutes } from './dropbox-account.ts'
import { downloadRoutes, LINKS, mountLinks, type TemporaryLink } from './dropbox-download.ts'
import type { DropboxItem } from './dropbox-items.ts'
import { findRoutes } from './dropbox-find.ts'
import { listingRoutes } from './dropbox-listing.ts'
import { manageRoutes } from './dropbox-manage.ts'
import { API, CONTENT, mountRoutes, NOTIFY } from './dropbox-request.ts'
import { seedDropbox } from './dropbox-seed.ts'
import { UploadSessions } from './dropbox-session.ts'
import { defaultDropboxSettings, type DropboxSettings } from './dropbox-settings.ts'
import { createDropboxSignIn, mountDropboxSignIn, TOKEN_LIFETIME } from './dropbox-sign-in.ts'
import { DropboxState, personOf } from './dropbox-state.ts'
import { uploadRoutes } from './dropbox-upload.ts'
import { challengeWebhook, notifyWebhook } from './dropbox-webhook.ts'
import type { OAuthServer } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'
import type { Vendor } from './vendor.ts'

export interface DropboxEmulator extends Vendor {
  readonly clients: Readonly<Record<string, string>>
  readonly oauth: OAuthServer
  readonly settings: DropboxSettings
  /** Ids of open upload sessions: there is no way to cancel one. */
  readonly sessions: () => string[]
  /** Bytes that each of them has, the newest last. */
  readonly kept: () => number[]
  /** The folder that an account's own paths begin at. */
  rootId: (account: string) => string
  addFolder: (account: string, parent: string, name: string) => string
  /** A number is a size, whose bytes are made up. */
  addFile: (
    account: string,
    parent: string,
    name: string,
    content: Uint8Array | string | number,
  ) => string
  addMany: (account: string, parent: string, count: number) => void
  item: (id: string) => DropboxItem | undefined
  children: (account: string, parent: string) => DropboxItem[]
  content: (id: string) => Promise<Buffer>
  /** Lower-case hex. */
  sha256: (id: string) => Promise<string>
  /** Registers a webhook: whether it answers the challenge. */
  challenge: (url: string) => Promise<boolean>
  /** Tells a webhook that something has changed in these accounts. */
  notify: (url: string, accounts: readonly string[]) => Promise<Response>
}

export function createDropbox(): DropboxEmulator {
  const oauth = createDropboxSignIn()
  const state = new DropboxState(oauth)
  const { files } = state
  const sessions = new UploadSessions(state.settings)
  const links = new Map<string, TemporaryLink>()

  const rootOf = (account: string) => {
    const namespace = files.namespaces.get(personOf(account).home)
    if (namespace === undefined) throw new Error(`no Dropbox of ${account}`)
    return namespace.root
  }
  const folder = (account: string, id: string) => {
    const found = id === 'root' ? rootOf(account) : files.items.get(id)
    if (found === undefined) throw new Error(`no Dropbox folder ${id}`)
    return found
  }
  const contentOf = (id: string) => {
    const content = files.items.get(id)?.revisions.at(-1)?.content
    if (content === undefined) throw new Error(`The Dropbox emulator has no bytes of ${id}`)
    return content
  }

  const emulator: DropboxEmulator = {
    name: 'dropbox',
    hosts: ['www.dropbox.com', API, CONTENT, NOTIFY],
    extraHosts: [LINKS],
    clients: {
      DROPBOX_CLIENT_ID: oauth.rules.clientId,
      DROPBOX_CLIENT_SECRET: oauth.rules.clientSecret,
    },
    oauth,
    settings: state.settings,
    sessions: () => sessions.ids(),
    kept: () => sessions.sizes(),
    rootId: (account) => rootOf(account).id,
    mount: (app, served) => {
      const api = app as unknown as Hono<NodeEnv>
      const linkTo = (secret: string) => `${served.baseOf(LINKS)}/cd/0/get/${secret}/file`
      mountDropboxSignIn(app, state)
      mountRoutes(api, state, [
        ...accountRoutes,
        ...listingRoutes,
        ...findRoutes,
        ...downloadRoutes(links, linkTo),
        ...uploadRoutes(sessions),
        ...manageRoutes,
      ])
      mountLinks(api, state, links)
    },
    reset: () => {
      oauth.reset()
      oauth.settings.accessTokenLifetime = TOKEN_LIFETIME
      sessions.clear()
      links.clear()
      Object.assign(state.settings, defaultDropboxSettings())
      state.forget()
      files.clear()
      seedDropbox(files)
    },
    addFolder: (account, parent, name) => files.put({ parent: folder(account, parent), name }).id,
    addFile: (account, parent, name, content) =>
      files.put({
        parent: folder(account, parent),
        name,
        content:
          typeof content === 'number'
            ? contentOfSize(content)
            : contentOfBytes(Buffer.from(content)),
      }).id,
    addMany: (account, parent, count) => {
      for (let index = 0; index < count; index += 1) {
        const name = `item-${String(index).padStart(5, '0')}.txt`
        files.put({ parent: folder(account, parent), name, content: contentOfSize(16) })
      }
    },
    item: (id) => files.items.get(id),
    children: (account, parent) => files.childrenOf(folder(account, parent)),
    content: (id) => readAll(contentOf(id)),
    sha256: (id) => hashContent(contentOf(id)),
    challenge: challengeWebhook,
    notify: (url, accounts) => notifyWebhook(url, oauth.rules.clientSecret, accounts.map(personOf)),
  }
  emulator.reset()
  return emulator
}
