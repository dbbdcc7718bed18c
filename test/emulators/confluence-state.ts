// What the parts of the Confluence emulator share: who calls, on which site, what that person may see, and the cursors that are out.
import type { Context } from 'hono'
import { gatewayError, notFound } from './confluence-errors.ts'
import { ConfluenceItems, type ConfluenceItem, type Space } from './confluence-items.ts'
import { Points } from './confluence-limits.ts'
import {
  defaultConfluenceSettings,
  PEOPLE,
  SITES,
  type Person,
  type Site,
} from './confluence-settings.ts'
import type { OAuthServer } from './oauth-server.ts'

/** A caller on the site whose API is called. */
export interface Caller {
  readonly person: Person
  readonly site: Site
}

/** Where a listing goes on: only the request that it came from may use it. */
export interface Cursor {
  readonly request: string
  readonly ids: readonly string[]
  readonly offset: number
}

/** The media host's link: one attachment, for some minutes. */
export interface MediaTicket {
  readonly item: ConfluenceItem
  readonly version: number
  readonly expiresAt: number
}

export class ConfluenceState {
  readonly items = new ConfluenceItems()
  readonly cursors = new Map<string, Cursor>()
  readonly tickets = new Map<string, MediaTicket>()
  readonly points: Points

  constructor(
    readonly oauth: OAuthServer,
    readonly settings = defaultConfluenceSettings(),
  ) {
    this.points = new Points(settings)
  }

  /** Throws what the gateway says to a token that does not live. */
  authenticate(
    c: Context,
    staleStatus = this.settings.staleStatus,
  ): { person: Person; scopes: readonly string[] } {
    const grant = this.oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined) {
      if (staleStatus === 401) throw gatewayError(401, 'Unauthorized')
      throw gatewayError(staleStatus, NOT_INSTALLED)
    }
    const person = PEOPLE.find(({ email }) => email === grant.account)
    if (person === undefined) throw new Error(`no Atlassian account ${grant.account}`)
    return { person, scopes: this.givenScopes(grant.scopes) }
  }

  /** Throws 403 or 404 for a site that this person did not consent to, 401 for a scope that is missing. */
  enter(c: Context, cloudId: string, oneOf: readonly string[]): Caller {
    const { person, scopes } = this.authenticate(c)
    const site = this.sitesOf(person.email).find(({ id }) => id === cloudId)
    if (site === undefined) throw gatewayError(this.settings.revokedStatus, NOT_INSTALLED)
    if (!oneOf.some((scope) => scopes.includes(scope))) throw scopeMismatch()
    return { person, site }
  }

  /** The union of every consent of the account: a later one does not take a site away. */
  sitesOf(account: string): Site[] {
    const consented = this.oauth.grantsOf(account).flatMap(({ resources }) => resources)
    return SITES.filter(
      ({ id, members }) =>
        members.includes(account) &&
        consented.includes(id) &&
        !this.settings.revokedSites.includes(id),
    )
  }

  givenScopes(scopes: readonly string[]): string[] {
    return scopes.filter((scope) => !this.settings.withheldScopes.includes(scope))
  }

  /** In the order of their ids. */
  spacesOf({ site }: Caller): Space[] {
    return [...this.items.spaces.values()].filter(
      (space) => space.site === site && (!space.extra || this.settings.manySpaces),
    )
  }

  /** Throws 404. */
  space(caller: Caller, id: string): Space {
    const space = this.spacesOf(caller).find((one) => one.id === id)
    if (space === undefined) throw notFound()
    return space
  }

  /** Everything on the site that the caller may see, in the order of creation. */
  visible(caller: Caller): ConfluenceItem[] {
    return [...this.items.items.values()].filter((item) => this.sees(caller, item))
  }

  /** What an ancestor restricts is restricted below it, and an attachment is its page's. */
  sees({ person, site }: Caller, item: ConfluenceItem): boolean {
    const { site: where, extra } = this.items.space(item.spaceId)
    if (where !== site || (extra && !this.settings.manySpaces)) return false
    return [...this.items.ancestorsOf(item), item].every(
      ({ restrictedTo }) => restrictedTo === undefined || restrictedTo.includes(person.email),
    )
  }

  /** Throws 404 for what is of another type, absent or not permitted. */
  item(caller: Caller, id: string, type: ConfluenceItem['type']): ConfluenceItem {
    const item = this.items.items.get(id)
    if (item === undefined || item.type !== type || !this.sees(caller, item)) throw notFound()
    return item
  }
}

const NOT_INSTALLED = 'The app is not installed on this instance'

/** Refreshing never helps against this one. */
export const scopeMismatch = () => gatewayError(401, 'Unauthorized; scope does not match')
