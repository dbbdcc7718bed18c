// What the parts of the Microsoft emulator share: who calls, which drives they may open, and what stands in the way of a change.
import type { Context } from 'hono'
import { GraphError, itemNotFound } from './graph-errors.ts'
import { etagOf, GraphItems, type GraphDrive, type GraphItem } from './graph-items.ts'
import { CONTOSO, defaultMicrosoftSettings, PEOPLE, type Person } from './graph-settings.ts'
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

const READ = ['Files.Read', 'Files.ReadWrite', 'Files.Read.All', 'Files.ReadWrite.All']
const WRITE = ['Files.ReadWrite', 'Files.ReadWrite.All']

export class MicrosoftState {
  readonly items = new GraphItems()
  readonly settings = defaultMicrosoftSettings()
  /** Pages, by their opaque token. */
  readonly pages = new Map<string, SkipPage>()

  constructor(readonly oauth: OAuthServer) {}

  /** Throws 401 without a living token, 403 without one of these scopes. */
  authorize(c: Context, scopes: readonly string[]): Caller {
    const grant: Grant | undefined = this.oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined) {
      throw new GraphError(
        401,
        'InvalidAuthenticationToken',
        'Access token has expired or is not yet valid.',
      )
    }
    if (!scopes.some((scope) => grant.scopes.includes(scope))) {
      throw new GraphError(403, 'accessDenied', 'Access denied')
    }
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

  ownDrive({ person }: Caller): GraphDrive {
    if (this.settings.noSharePoint && person.tenant === CONTOSO) {
      throw new GraphError(400, 'BadRequest', 'Tenant does not have a SPO license.')
    }
    const drive = person.driveless ? undefined : this.items.driveOf(person.email)
    if (drive === undefined)
      throw new GraphError(404, 'ResourceNotFound', "User's mysite not found.")
    return drive
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
    const library = drive.owner === 'contoso' && person.tenant === CONTOSO
    if (!library && !this.items.isShared(item, person.email)) throw itemNotFound()
    if (this.settings.ownDriveOnly && !scopes.some((scope) => /^Files\..*\.All$/.test(scope))) {
      throw new GraphError(403, 'accessDenied', 'Access denied')
    }
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

export const isPersonal = (drive: GraphDrive) => drive.type === 'personal'
