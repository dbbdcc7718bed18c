// What the parts of the Dropbox emulator share: who calls, from which root paths start, and what a path leads to.
import type { Context } from 'hono'
import { z } from 'zod'
import {
  accessError,
  authError,
  conflict,
  malformed,
  nested,
  pathRootError,
  refusal,
  type Tagged,
} from './dropbox-errors.ts'
import { DropboxFiles, type Namespace } from './dropbox-files.ts'
import type { DropboxItem } from './dropbox-items.ts'
import type { Found } from './dropbox-find.ts'
import type { ListingCursor } from './dropbox-listing.ts'
import { isDisallowed, parsePath } from './dropbox-paths.ts'
import {
  defaultDropboxSettings,
  DROPBOX_PEOPLE,
  homePathOf,
  NEW_TEAM_ROOT,
  TEAM_ROOT,
  type DropboxPerson,
} from './dropbox-settings.ts'
import { scopesOf } from './dropbox-sign-in.ts'
import type { Grant, OAuthServer } from './oauth-server.ts'

export interface DropboxCaller {
  readonly person: DropboxPerson
  /** The namespace that paths are relative to. */
  readonly root: Namespace
}

/** Where something is, or is to be. */
export interface DropboxPlace {
  readonly folder: DropboxItem
  /** Folders that are missing on the way, from the top down. */
  readonly missing: readonly string[]
  readonly name: string
  readonly item: DropboxItem | undefined
}

const pathRoot = z.discriminatedUnion('.tag', [
  z.strictObject({ '.tag': z.literal('home') }),
  z.strictObject({ '.tag': z.literal('root'), root: z.string().regex(/^[-_0-9a-zA-Z:]+$/) }),
  z.strictObject({
    '.tag': z.literal('namespace_id'),
    namespace_id: z.string().regex(/^[-_0-9a-zA-Z:]+$/),
  }),
])

export class DropboxState {
  readonly files = new DropboxFiles()
  readonly settings = defaultDropboxSettings()
  /** Whose each access token is or was, by its header: an expired one is told apart from one that is not valid. */
  readonly issued = new Map<string, Grant>()
  /** Scopes of earlier grants that go with a code. */
  readonly merged = new Map<string, readonly string[]>()
  /** By cursor. */
  readonly listings = new Map<string, ListingCursor>()
  readonly searches = new Map<string, Found>()
  /** Cursors and namespaces that something is under way with. */
  readonly busy = new Set<string>()

  constructor(readonly oauth: OAuthServer) {}

  /** Throws 400 without a token, 401 for one that is of no use, 401 `missing_scope` for one that does not suffice. */
  authenticate(c: Context, scope: string | undefined): DropboxPerson {
    const header = c.req.header('authorization')
    if (header === undefined)
      throw malformed('Must provide HTTP header "Authorization" or URL parameter "authorization".')
    if (!/^Bearer \S+$/.test(header))
      throw malformed('Invalid authorization value in HTTP header "Authorization".')
    const grant = this.oauth.authenticate(header)
    if (grant === undefined)
      throw authError(
        this.issued.get(header)?.alive === true ? 'expired_access_token' : 'invalid_access_token',
      )
    const { refuseAuth, refuseAccess } = this.settings
    if (refuseAuth !== undefined) throw authError(refuseAuth)
    if (refuseAccess !== undefined) throw accessError(accessReason(refuseAccess))
    if (scope !== undefined && !scopesOf(grant.scopes).includes(scope))
      throw authError({ '.tag': 'missing_scope', required_scope: scope })
    return personOf(grant.account)
  }

  /** The team's root, under the id that it has now. */
  rootIdOf({ root }: DropboxPerson): string {
    return root === TEAM_ROOT && this.settings.teamRootChanged ? NEW_TEAM_ROOT : root
  }

  rootInfo(person: DropboxPerson): Tagged {
    const ids = { root_namespace_id: this.rootIdOf(person), home_namespace_id: person.home }
    return person.team === undefined
      ? { '.tag': 'user', ...ids }
      : { '.tag': 'team', ...ids, home_path: `/${homePathOf(person)}` }
  }

  /** The header Dropbox-API-Path-Root. Source: dropbox.com/developers/reference/path-root-header-modes. */
  callerOf(c: Context, person: DropboxPerson): DropboxCaller {
    const home = { person, root: this.#namespace(person.home) }
    const header = c.req.header('dropbox-api-path-root')
    if (header === undefined) return home
    const read = pathRoot.safeParse(parseJson(header))
    if (!read.success)
      throw malformed('HTTP header "Dropbox-API-Path-Root": could not decode input as JSON')
    const root = read.data
    if (root['.tag'] === 'home') return home
    if (root['.tag'] === 'root') {
      if (root.root !== this.rootIdOf(person))
        throw pathRootError(nested('invalid_root', this.rootInfo(person)))
      return { person, root: this.#namespace(person.root) }
    }
    const namespace = this.reach(person, root.namespace_id)
    if (namespace === undefined) throw pathRootError({ '.tag': 'no_permission' })
    return { person, root: namespace }
  }

  /** A namespace that a person may see, by the id that it has now. */
  reach(person: DropboxPerson, id: string): Namespace | undefined {
    if (id === TEAM_ROOT && this.settings.teamRootChanged) return undefined
    const namespace = this.files.namespaces.get(
      id === NEW_TEAM_ROOT && this.settings.teamRootChanged ? TEAM_ROOT : id,
    )
    return namespace?.members.has(person.email) === true ? namespace : undefined
  }

  /** What a path leads to; throws `not_found` and `malformed_path`. */
  find(caller: DropboxCaller, path: string): DropboxItem {
    const item = this.#place(caller, path, false).item
    if (item === undefined) throw refusal('not_found')
    return item
  }

  /** Where a path leads, whether or not anything is there. */
  place(caller: DropboxCaller, path: string): DropboxPlace {
    return this.#place(caller, path, true)
  }

  #place(caller: DropboxCaller, path: string, toWrite: boolean): DropboxPlace {
    if (this.settings.malformedPaths > 0) {
      this.settings.malformedPaths -= 1
      throw refusal('malformed_path')
    }
    const { from, start, segments } = parsePath(path)
    if (from === 'id' || from === 'rev') {
      const item = from === 'id' ? this.files.items.get(start) : this.files.byRevision(start)?.item
      if (item === undefined || !this.#sees(caller, item)) {
        throw refusal(toWrite ? 'malformed_path' : 'not_found')
      }
      return placeOf(item)
    }
    const namespace = from === 'root' ? caller.root : this.reach(caller.person, start)
    if (namespace === undefined) throw refusal(toWrite ? 'no_write_permission' : 'not_found')
    return this.#walk(caller, namespace, segments, toWrite)
  }

  #walk(
    { root }: DropboxCaller,
    namespace: Namespace,
    segments: readonly string[],
    toWrite: boolean,
  ): DropboxPlace {
    const name = segments.at(-1)
    if (name === undefined)
      return placeOf(this.files.mountOf(namespace.id, root.id) ?? namespace.root)
    let folder = namespace.root
    for (const [index, segment] of segments.slice(0, -1).entries()) {
      const next = this.files.child(folder, segment)
      if (next === undefined) {
        const missing = segments.slice(index, -1)
        if (toWrite && segments.some(isDisallowed)) throw refusal('disallowed_name')
        return { folder, missing, name, item: undefined }
      }
      if (next.kind === 'file') throw toWrite ? conflict('file_ancestor') : refusal('not_found')
      folder = next
    }
    const item = this.files.child(folder, name)
    if (toWrite && item === undefined && isDisallowed(name)) throw refusal('disallowed_name')
    return { folder, missing: [], name, item }
  }

  #sees({ person }: DropboxCaller, item: DropboxItem): boolean {
    return this.files.namespaces.get(item.namespace)?.members.has(person.email) === true
  }

  #namespace(id: string): Namespace {
    const namespace = this.files.namespaces.get(id)
    if (namespace === undefined) throw new Error(`no Dropbox namespace ${id}`)
    return namespace
  }

  /** Throws `no_write_permission` for folders and files that the caller may only read. */
  checkWrite({ person }: DropboxCaller, ...items: readonly (DropboxItem | undefined)[]): void {
    for (const item of items) {
      if (item === undefined) continue
      const namespace = this.files.namespaces.get(this.files.inside(item).namespace)
      const locked = this.settings.readOnly.includes(item.id)
      if (locked || namespace?.members.get(person.email) !== true) {
        throw refusal('no_write_permission')
      }
    }
  }

  /** Forgets who signed in and everything that is under way. */
  forget(): void {
    this.issued.clear()
    this.merged.clear()
    this.listings.clear()
    this.searches.clear()
    this.busy.clear()
  }

  quotaLeft(person: DropboxPerson): number {
    return this.settings.full ? 0 : person.quota - this.files.used(ownerOf(person))
  }
}

/** Whose storage a person fills. */
export const ownerOf = (person: DropboxPerson) => person.team?.id ?? person.email

export function personOf(account: string): DropboxPerson {
  const person = DROPBOX_PEOPLE.find(({ email }) => email === account)
  if (person === undefined) throw new Error(`no Dropbox account ${account}`)
  return person
}

const placeOf = (item: DropboxItem): DropboxPlace => ({
  folder: item.parent ?? item,
  missing: [],
  name: item.name,
  item,
})

/** Source: auth.stone, AccessError: two of its members are unions themselves. */
function accessReason(tag: string): Tagged {
  if (tag === 'invalid_account_type') return nested(tag, { '.tag': 'endpoint' })
  if (tag === 'paper_access_denied') return nested(tag, { '.tag': 'paper_disabled' })
  return { '.tag': tag }
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
