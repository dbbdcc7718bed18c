// Microsoft 365: OneDrive, SharePoint sites and Teams channels as one tree, through Microsoft Graph.
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, Provider, Session } from '../contract.ts'
import type { OAuth2 } from '../sign-in.ts'
import {
  checkOwnDrive,
  findFolderOfUser,
  folderOfUser,
  getMe,
  getOwnDrive,
  type OwnDrive,
} from '../graph/account.ts'
import { GRAPH } from '../graph/api.ts'
import { download } from '../graph/content.ts'
import { GraphRefusal } from '../graph/errors.ts'
import * as graph from '../graph/manage.ts'
import { covers, entraAuth, FILE_HOSTS, missingFileScopes } from '../graph/sign-in.ts'
import { upload, type GraphUploadState } from '../graph/upload.ts'
import { parsePlace } from './places.ts'
import { list, search, writableFolder } from './tree.ts'
import { isDriveRoot, locate, stat } from './way.ts'

/** What is not possible without each scope. */
const USES: Readonly<Record<string, string>> = {
  'Sites.Read.All': 'SharePoint sites cannot be browsed.',
  'Team.ReadBasic.All': 'Teams cannot be browsed.',
  'Channel.ReadBasic.All': 'The channels of a team cannot be browsed.',
}

export const microsoft365 = {
  id: 'microsoft_365',
  label: 'Microsoft 365',
  auth: {
    ...entraAuth,
    // Most tenants let only an administrator consent to the ".All" ones.
    defaultScopes: [
      'Files.ReadWrite.All',
      'Sites.Read.All',
      'Team.ReadBasic.All',
      'Channel.ReadBasic.All',
      'User.Read',
      'offline_access',
    ],
    missingUses: (granted, data) => {
      const files = missingFileScopes(granted)
      // Personal accounts have neither sites nor teams, and are never granted their scopes.
      if (data['driveType'] === 'personal') return files
      const missing = Object.entries(USES).filter(([scope]) => !covers(granted, scope))
      return { ...files, ...Object.fromEntries(missing) }
    },
  } satisfies OAuth2,
  origins: [GRAPH],
  presignedHosts: FILE_HOSTS,
  // 1,250 resource units a minute are shared by everybody of the organisation who uses this application.
  parallelImports: 4,
  identify,
  check,
  list,
  locate,
  stat,
  download: async (session, id, options) => {
    if (parsePlace(id).kind !== 'item') throw noContent()
    return download(session, id, options)
  },
  upload: {
    ...upload,
    begin: async (session, target) =>
      upload.begin(session, {
        ...target,
        parentId: await writableFolder(session, target.parentId),
      }),
  },
  createFolder: async (session, parentId, name) => {
    const folder = await graph.createFolder(session, await writableFolder(session, parentId), name)
    return { ...folder, parentId }
  },
  update: async (session, id, change) => {
    checkChangeable(session, id)
    const { parentId } = change
    const parent = parentId === undefined ? undefined : await writableFolder(session, parentId)
    const changed = await graph.update(session, id, { ...change, parentId: parent })
    return parentId === undefined ? changed : { ...changed, parentId }
  },
  remove: async (session, id) => {
    checkChangeable(session, id)
    return graph.remove(session, id)
  },
  search,
  documentFolder: async (session) => folderOfUser(session, ownDrive(session)),
  findDocumentFolder: async (session) =>
    session.data['oneDrive'] && findFolderOfUser(session, session.data['oneDrive']),
} satisfies Provider<GraphUploadState>

/** A work account without a OneDrive can still have sites and teams; without any licence for SharePoint it has nothing. */
async function identify(session: Session): Promise<Account> {
  const me = await getMe(session)
  const drive = await getOwnDrive(session).catch((error: unknown): OwnDrive | undefined => {
    const isMissing = error instanceof Problem && error.code === 'not_supported'
    if (!isMissing || isUnlicensed(error) || isPersonal(me.id)) throw error
    return undefined
  })
  const data = drive === undefined ? {} : { oneDrive: drive.id, driveType: drive.type }
  return { ...me, data }
}

/** A personal account has nothing but its OneDrive. Its id is no GUID. */
const isPersonal = (id: string) => /^[0-9a-f]{16}$/i.test(id)

const isUnlicensed = (error: Problem) =>
  error instanceof GraphRefusal && error.message.includes('licence for SharePoint')

async function check(session: Session): Promise<Health> {
  if (session.data['oneDrive'] !== undefined) return checkOwnDrive(session)
  await getMe(session)
  return {}
}

function ownDrive(session: Session): string {
  const drive = session.data['oneDrive']
  if (drive !== undefined) return drive
  throw new Problem('not_supported', 'This Microsoft account has no OneDrive.')
}

/** Sites, teams, channels and drives are not ours to change. */
function checkChangeable(session: Session, id: string): void {
  if (parsePlace(id).kind === 'item' && !isDriveRoot(session, id)) return
  throw new Problem('not_supported', 'This is a part of Microsoft 365 itself.')
}

const noContent = () => new Problem('not_supported', 'A folder has no content.')
