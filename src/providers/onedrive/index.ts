// OneDrive, personal and for work: OAuth with PKCE at Entra, one drive through Microsoft Graph.
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, OAuth2, Provider, Session } from '../contract.ts'
import { formatId, normalizeDriveId, ownDrive } from '../graph/address.ts'
import { fetchGraph, GRAPH, strangeAnswer } from '../graph/api.ts'
import { list, locate, search, stat } from '../graph/browse.ts'
import { download } from '../graph/content.ts'
import { createFolder, ensureFolder, remove, update } from '../graph/manage.ts'
import { entraAuth } from '../graph/sign-in.ts'
import { upload, type GraphUploadState } from '../graph/upload.ts'

export const onedrive = {
  id: 'onedrive',
  label: 'OneDrive',
  auth: {
    ...entraAuth,
    // All of them can be granted by the user; the ".All" ones need an administrator in most tenants.
    defaultScopes: ['Files.ReadWrite', 'User.Read', 'offline_access'],
  } satisfies OAuth2,
  origins: [GRAPH],
  presignedHosts: [
    '.sharepoint.com',
    '.1drv.com',
    '.microsoftpersonalcontent.com',
    '.svc.ms',
    '.onedrive.com',
    '.live.com',
  ],
  identify,
  check,
  list,
  locate,
  stat,
  download,
  upload,
  createFolder,
  update,
  remove,
  search,
  documentFolder,
} satisfies Provider<GraphUploadState>

interface Drive {
  readonly id?: string
  readonly driveType?: string
  /** Bytes. */
  readonly quota?: { readonly total?: number; readonly used?: number }
}

async function identify(session: Session): Promise<Account> {
  const [me, drive] = await Promise.all([
    fetchGraph<Record<'id' | 'displayName' | 'mail' | 'userPrincipalName', string | null>>(
      session,
      '/me?$select=id,displayName,mail,userPrincipalName',
    ),
    fetchGraph<Drive>(session, '/me/drive?$select=id,driveType').catch((error: unknown) => {
      // A fresh token that cannot see the user's own drive: there is none.
      if (!(error instanceof Problem) || error.code !== 'item_not_found') throw error
      throw new Problem('not_supported', 'This Microsoft account has no OneDrive.')
    }),
  ])
  if (typeof me.id !== 'string' || typeof drive.id !== 'string') throw strangeAnswer()
  return {
    id: me.id,
    // `mail` is null for many accounts.
    email: me.mail ?? me.userPrincipalName ?? undefined,
    name: me.displayName ?? undefined,
    data: { driveId: normalizeDriveId(drive.id), driveType: drive.driveType ?? 'business' },
  }
}

async function check(session: Session): Promise<Health> {
  const { quota } = await fetchGraph<Drive>(session, '/me/drive?$select=id,driveType,quota')
  // All zeros: the vendor does not know.
  const known = quota?.total !== undefined && quota.total > 0
  return { quota: known ? { total: quota.total, used: quota.used } : undefined }
}

/** A folder of the user's id, so that several users of one Microsoft account keep their documents apart. */
async function documentFolder(session: Session): Promise<string> {
  const driveId = ownDrive(session)
  const folder = await ensureFolder(
    session,
    { driveId, itemId: 'root' },
    folderName(session.userId),
  )
  return formatId(session, { driveId, itemId: folder.id })
}

/** An id that OneDrive would refuse as a name is written in hex. */
function folderName(userId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9@_-]{1,100}$/.test(userId)) return userId
  const bytes = new TextEncoder().encode(userId)
  return `user-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
