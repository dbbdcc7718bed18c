// Who signed in, which drive is theirs, and where documents go in it.
import { Problem, type ProblemCode } from '../../problems/problem.ts'
import type { Health, Session } from '../contract.ts'
import { formatId, normalizeDriveId } from './address.ts'
import { fetchGraph, findChild, strangeAnswer } from './api.ts'
import { ensureFolder } from './manage.ts'
import { isReserved } from './names.ts'

export interface Me {
  readonly id: string
  readonly email: string | undefined
  readonly name: string | undefined
}

export async function getMe(session: Session): Promise<Me> {
  const me = await fetchGraph<
    Record<'id' | 'displayName' | 'mail' | 'userPrincipalName', string | null>
  >(session, '/me?$select=id,displayName,mail,userPrincipalName')
  if (typeof me.id !== 'string') throw strangeAnswer()
  return {
    id: me.id,
    // `mail` is null for many accounts.
    email: me.mail ?? me.userPrincipalName ?? undefined,
    name: me.displayName ?? undefined,
  }
}

export interface OwnDrive {
  readonly id: string
  readonly type: string
}

interface Drive {
  readonly id?: string
  readonly driveType?: string
  /** Bytes. */
  readonly quota?: { readonly total?: number; readonly used?: number }
}

/** The account's OneDrive. Throws `not_supported` where it has none. */
export async function getOwnDrive(session: Session): Promise<OwnDrive> {
  const drive = await fetchGraph<Drive>(session, '/me/drive?$select=id,driveType').catch(
    (error: unknown) => {
      throw withoutOneDrive(error) ?? error
    },
  )
  if (typeof drive.id !== 'string') throw strangeAnswer()
  return { id: normalizeDriveId(drive.id), type: drive.driveType ?? 'business' }
}

/** Why an account has no drive of its own, with a token that is fresh. */
function withoutOneDrive(error: unknown): Problem | undefined {
  const why = error instanceof Problem ? DRIVELESS[error.code] : undefined
  return why === undefined ? undefined : new Problem('not_supported', why)
}

const DRIVELESS: Readonly<Partial<Record<ProblemCode, string>>> = {
  item_not_found: 'This Microsoft account has no OneDrive.',
  access_denied:
    'This Microsoft account may not use a OneDrive: the administrator of its organisation can allow it.',
  upload_locked:
    'The OneDrive of this Microsoft account is frozen: open it in a browser to see why, then connect again.',
}

export async function checkOwnDrive(session: Session): Promise<Health> {
  const { quota } = await fetchGraph<Drive>(session, '/me/drive?$select=id,driveType,quota')
  // All zeros: the vendor does not know.
  const known = quota?.total !== undefined && quota.total > 0
  return { quota: known ? { total: quota.total, used: quota.used } : undefined }
}

/** A folder of the user's id, so that several users of one Microsoft account keep their documents apart. */
export async function folderOfUser(session: Session, driveId: string): Promise<string> {
  const root = { driveId, itemId: 'root' }
  const folder = await ensureFolder(session, root, await folderName(session.userId))
  return formatId(session, { driveId, itemId: folder.id })
}

/** The same, where it has been made. */
export async function findFolderOfUser(
  session: Session,
  driveId: string,
): Promise<string | undefined> {
  const root = { driveId, itemId: 'root' }
  const folder = await findChild(session, root, await folderName(session.userId))
  return folder?.folder && formatId(session, { driveId, itemId: folder.id })
}

/** An id that OneDrive would refuse as a name, or take for another that differs in case, is hashed. */
async function folderName(userId: string): Promise<string> {
  const isPlain = /^[a-z0-9][a-z0-9@_-]{1,100}$/.test(userId)
  if (isPlain && !isReserved(userId)) return userId
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(userId))
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'))
  return `user-${hex.join('')}`
}
