// Who signed in, which drive is theirs, and where documents go in it.
import { Problem } from '../../problems/problem.ts'
import type { Health, Session } from '../contract.ts'
import { formatId, normalizeDriveId } from './address.ts'
import { fetchGraph, strangeAnswer } from './api.ts'
import { ensureFolder } from './manage.ts'

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
      // A fresh token that cannot see the user's own drive: there is none.
      if (!(error instanceof Problem) || error.code !== 'item_not_found') throw error
      throw new Problem('not_supported', 'This Microsoft account has no OneDrive.')
    },
  )
  if (typeof drive.id !== 'string') throw strangeAnswer()
  return { id: normalizeDriveId(drive.id), type: drive.driveType ?? 'business' }
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
  const folder = await ensureFolder(session, root, folderName(session.userId))
  return formatId(session, { driveId, itemId: folder.id })
}

/** An id that OneDrive would refuse as a name is written in hex. */
function folderName(userId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9@_-]{1,100}$/.test(userId)) return userId
  const bytes = new TextEncoder().encode(userId)
  return `user-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
