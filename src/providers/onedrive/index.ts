// OneDrive, personal and for work: OAuth with PKCE at Entra, one drive through Microsoft Graph.
import type { Account, Provider, Session } from '../contract.ts'
import type { OAuth2 } from '../sign-in.ts'
import {
  checkOwnDrive,
  findFolderOfUser,
  folderOfUser,
  getMe,
  getOwnDrive,
} from '../graph/account.ts'
import { ownDrive } from '../graph/address.ts'
import { GRAPH } from '../graph/api.ts'
import { list, locate, search, stat } from '../graph/browse.ts'
import { download } from '../graph/content.ts'
import { createFolder, remove, update } from '../graph/manage.ts'
import { entraAuth, FILE_HOSTS, missingFileScopes } from '../graph/sign-in.ts'
import { upload, type GraphUploadState } from '../graph/upload.ts'

export const onedrive = {
  id: 'onedrive',
  label: 'OneDrive',
  auth: {
    ...entraAuth,
    // All of them can be granted by the user; the ".All" ones need an administrator in most tenants.
    defaultScopes: ['Files.ReadWrite', 'User.Read', 'offline_access'],
    missingUses: missingFileScopes,
  } satisfies OAuth2,
  origins: [GRAPH],
  presignedHosts: FILE_HOSTS,
  // Throttled by 3,000 requests in five minutes and by what else the user does; a file is two of them, and all waits hit the user’s own apps too.
  parallelImports: 4,
  identify,
  check: checkOwnDrive,
  list,
  locate,
  stat,
  download,
  upload,
  createFolder,
  update,
  remove,
  search: (session, options) => search(session, options, driveOf(session)),
  documentFolder: (session) => folderOfUser(session, driveOf(session)),
  findDocumentFolder: (session) => findFolderOfUser(session, driveOf(session)),
} satisfies Provider<GraphUploadState>

async function identify(session: Session): Promise<Account> {
  const [me, drive] = await Promise.all([getMe(session), getOwnDrive(session)])
  return { ...me, data: { driveId: drive.id, driveType: drive.type } }
}

function driveOf(session: Session): string {
  const driveId = ownDrive(session)
  if (driveId === undefined) throw new Error('the connection has no drive id')
  return driveId
}
