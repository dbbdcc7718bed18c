// What the parts of the Microsoft emulator share: who calls, which drives they may open, and what stands in the way of a change.
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { accessDenied, GraphError, itemNotFound } from './graph-errors.ts'
import { etagOf, GraphItems, type GraphDrive, type GraphItem } from './graph-items.ts'
import {
  CONTOSO,
  PEOPLE,
  PERSONAL_TENANT,
  type MicrosoftSettings,
  type Person,
} from './graph-settings.ts'
import { GraphTenant, type GraphSite, type GraphTeam } from './graph-tenant.ts'
import type { Grant, OAuthServer } from './oauth-server.ts'

/** A caller and what the token allows. */
export interface Caller {
  readonly person: Person
  readonly scopes: readonly string[]
}

export interface SkipPage {
  readonly path: string
  readonly ids: readonly string[]
  readonly size: number
}

/** What lies outside of the own drive. */
export const REACH_ALL = ['Files.Read.All', 'Files.ReadWrite.All']
const READ = ['Files.Read', 'Files.ReadWrite', 'Files.Read.All', 'Files.ReadWrite.All']
const WRITE = ['Files.ReadWrite', 'Files.ReadWrite.All']

export class MicrosoftState {
  readonly items = new GraphItems()
  readonly tenant = new GraphTenant(this.items)
  /** Pages, by their opaque token. */
  readonly pages = new Map<string, SkipPage>()

  constructor(
    readonly oauth: OAuthServer,
    readonly settings: MicrosoftSettings,
  ) {}

  /** Throws 401 without a living token, 403 without one of these scopes. */
  authorize(
    c: Context,
    scopes: readonly string[],
    refusal: () => GraphError = accessDenied,
  ): Caller {
    const caller = this.identify(c)
    if (!scopes.some((scope) => caller.scopes.includes(scope))) throw refusal()
    return caller
  }

  /** As `authorize`, but for work accounts only: throws 400 for personal ones, whatever they were granted. */
  authorizeWork(
    c: Context,
    scopes: readonly string[],
    refusal: () => GraphError = accessDenied,
  ): Caller {
    checkWork(this.identify(c))
    return this.authorize(c, scopes, refusal)
  }

  /** Throws 401 without a living token, and where a new sign-in is wanted. */
  identify(c: Context): Caller {
    const grant: Grant | undefined = this.oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined) {
      throw new GraphError(
        401,
        'InvalidAuthenticationToken',
        'Access token has expired or is not yet valid.',
      )
    }
    if (this.settings.claimsChallenge) throw claimsChallenge()
    const person = PEOPLE.find(({ email }) => email === grant.account)
    if (person === undefined) throw new Error(`no Microsoft account ${grant.account}`)
    return { person, scopes: grant.scopes }
  }

  read(c: Context): Caller {
    return this.authorize(c, READ)
  }

  write(c: Context): Caller {
    return this.authorize(c, WRITE)
  }

  ownDrive(caller: Caller): GraphDrive {
    const { person } = caller
    if (person.tenant === CONTOSO) this.checkSharePoint()
    const drive = person.driveless ? undefined : this.items.driveOf(person.email)
    if (drive === undefined) throw new GraphError(...DRIVELESS[this.settings.driveless])
    return drive
  }

  checkSharePoint(): void {
    if (this.settings.noSharePoint) throw new GraphError(...DRIVELESS.noLicense)
  }

  /** Throws 404 for a site that is not there, 403 for one that the caller is no member of. */
  site({ person }: Caller, find: (tenant: GraphTenant) => GraphSite | undefined): GraphSite {
    this.checkSharePoint()
    const site = find(this.tenant)
    if (site === undefined) throw itemNotFound()
    if (!isMember(site.members, person.email)) throw accessDenied()
    return site
  }

  /** The team of a group. Throws 404 and 403 as `site` does. */
  team({ person }: Caller, id: string): GraphTeam {
    const team = this.tenant.teams.get(id)
    if (team === undefined) throw new GraphError(404, 'ResourceNotFound', `No team found: ${id}`)
    if (!isMember(team.members, person.email)) throw accessDenied()
    return team
  }

  /** Throws 404 for a drive that is not there; `checkReach` says what of it may be seen. */
  drive(id: string): GraphDrive {
    const drive = this.items.drive(id)
    if (drive === undefined) throw itemNotFound()
    return drive
  }

  /** Throws 404 for what the caller may not see, 403 for what the token does not reach. */
  checkReach({ person, scopes }: Caller, drive: GraphDrive, item: GraphItem): void {
    if (drive.owner === person.email) return
    if (drive.library !== undefined) this.checkSharePoint()
    const library =
      drive.library !== undefined &&
      person.tenant === CONTOSO &&
      isMember(drive.library.members, person.email)
    if (!library && !this.items.isShared(item, person.email)) throw itemNotFound()
    if (this.settings.ownDriveOnly && !scopes.some((scope) => /^Files\..*\.All$/.test(scope))) {
      throw accessDenied()
    }
  }

  /** Throws 403 in a library that may only be read. */
  checkWritable(drive: GraphDrive): void {
    if (drive.library?.readOnly === true) throw accessDenied()
  }

  /** Throws 423 for an item that is checked out, 412 where If-Match names another version. */
  checkChange(c: Context, item: GraphItem): void {
    if (this.settings.locked.includes(item.id)) {
      throw new GraphError(423, 'resourceLocked', 'The resource is locked by another user')
    }
    const wanted = c.req.header('if-match')
    if (wanted !== undefined && wanted !== '*' && wanted !== etagOf(item)) {
      throw new GraphError(
        412,
        'resourceModified',
        'ETag does not match current item',
        'entityTagDoesNotMatch',
      )
    }
  }

  /** Throws 507 when so many bytes more do not fit. */
  checkRoom(drive: GraphDrive, bytes: number): void {
    if (this.settings.full || this.items.used(drive) + bytes > drive.quota) {
      throw new GraphError(507, 'quotaLimitReached', 'Insufficient Space Available')
    }
  }
}

/** The wordings of one and the same: no OneDrive here. */
const DRIVELESS: Readonly<
  Record<MicrosoftSettings['driveless'], readonly [ContentfulStatusCode, string, string]>
> = {
  notFound: [404, 'ResourceNotFound', "User's mysite not found."],
  noUrl: [400, 'BadRequest', "Unable to retrieve user's mysite URL."],
  noLicense: [400, 'BadRequest', 'Tenant does not have a SPO license.'],
  denied: [403, 'accessDenied', 'Access denied'],
  frozen: [423, 'notAllowed', 'The account is frozen or has been inactive for too long.'],
}

export function checkWork({ person }: Caller): void {
  if (person.tenant !== PERSONAL_TENANT) return
  throw new GraphError(400, 'BadRequest', 'This API is not supported for MSA accounts')
}

const isMember = (members: ReadonlySet<string> | undefined, email: string) =>
  members === undefined || members.has(email)

/** Source: learn.microsoft.com/entra/identity-platform/claims-challenge. */
function claimsChallenge(): GraphError {
  const claims = Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"0"}}}')
  const challenge = `Bearer realm="", error="insufficient_claims", claims="${claims.toString('base64')}"`
  const message = 'Continuous access evaluation resulted in a challenge.'
  return new GraphError(401, 'InvalidAuthenticationToken', message, undefined, challenge)
}

export const isPersonal = (drive: GraphDrive) => drive.type === 'personal'
