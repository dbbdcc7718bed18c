// Google Drive: OAuth with PKCE, Drive API v3. Its pitfalls are noted where they are handled.
import { discard } from '../../net/body.ts'
import { readText } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, Provider, Session } from '../contract.ts'
import { fetchDrive, strangeAnswer } from './api.ts'
import { list, locate, search, stat } from './browse.ts'
import { download } from './content.ts'
import { FILE_SCOPE, FULL_SCOPE, READ_SCOPE } from './errors.ts'
import { createFolder, remove, update } from './manage.ts'
import { upload } from './upload.ts'

const SCOPE_PREFIX = 'https://www.googleapis.com/auth/'

export const googleDrive = {
  id: 'google_drive',
  label: 'Google Drive',
  auth: {
    kind: 'oauth2',
    authorizationEndpoint: () => 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: () => 'https://oauth2.googleapis.com/token',
    defaultScopes: [FILE_SCOPE, READ_SCOPE, 'openid', 'email', 'profile'],
    authorizationParams: {
      access_type: 'offline',
      // Without it Google gives no refresh token to an account that has consented before.
      prompt: 'consent',
      include_granted_scopes: 'true',
    },
    takesLoginHint: true,
    issuer: 'https://accounts.google.com',
    // developers.google.com/identity/protocols/oauth2#expiration: six months.
    idleDays: 180,
    missingUses: (granted) => {
      if (granted.includes(FULL_SCOPE)) return {}
      const write = { [FULL_SCOPE]: 'Only files and folders that were made here can be changed.' }
      if (granted.includes(READ_SCOPE)) return write
      return { ...write, [READ_SCOPE]: 'Only files that were made here can be seen.' }
    },
    normalizeScope: (scope) => scope.replace(`${SCOPE_PREFIX}userinfo.`, ''),
    // Each has a checkbox of its own on the consent page; one that reads files is enough to be of use.
    requiredScopes: (asked, granted) => {
      const useful = [FULL_SCOPE, READ_SCOPE, FILE_SCOPE]
      if (granted.some((scope) => useful.includes(scope))) return []
      return asked.filter((scope) => scope.startsWith(SCOPE_PREFIX))
    },
    classifyCallbackError: (error) =>
      error === 'admin_policy_enforced' || error === 'org_internal' ? 'access_denied' : undefined,
  },
  origins: [
    'https://www.googleapis.com',
    'https://openidconnect.googleapis.com',
    // Export links of large documents.
    'https://docs.google.com',
  ],
  presignedHosts: ['.googleapis.com', '.googleusercontent.com'],
  // 325,000 units a minute for each user: far beyond what six streams ask for (developers.google.com/workspace/drive/api/guides/limits).
  parallelImports: 6,
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
  revocation: {
    // Google ends all of the client's grants for the account at once.
    reach: 'account',
    revoke,
  },
} satisfies Provider<Parameters<typeof upload.write>[1]>

/** `sub` is the stable key of an account; an address can change hands. */
async function identify(session: Session): Promise<Account> {
  if (!session.scopes.includes('openid')) return identifyByDrive(session)
  const response = await session.http({
    url: 'https://openidconnect.googleapis.com/v1/userinfo',
    headers: { accept: 'application/json' },
  })
  if (!response.ok) {
    await discard(response)
    throw new Problem('provider_unavailable', 'Google did not say which account was connected.')
  }
  const info = parseObject(await readText(response, { limit: 256 * 1024 }))
  if (typeof info['sub'] !== 'string' || info['sub'] === '') throw strangeAnswer()
  return { id: info['sub'], email: textOf(info['email']), name: textOf(info['name']) }
}

async function identifyByDrive(session: Session): Promise<Account> {
  const { user } = await fetchDrive<About>(session, '/about', {
    query: { fields: 'user(permissionId,emailAddress,displayName)' },
  })
  if (user?.permissionId === undefined) throw strangeAnswer()
  return { id: user.permissionId, email: user.emailAddress, name: user.displayName }
}

interface About {
  readonly user?: {
    readonly permissionId?: string
    readonly emailAddress?: string
    readonly displayName?: string
  }
  /** Bytes, as strings; no `limit` where storage has none. */
  readonly storageQuota?: { readonly limit?: string; readonly usage?: string }
}

async function check(session: Session): Promise<Health> {
  const { storageQuota } = await fetchDrive<About>(session, '/about', {
    query: { fields: 'storageQuota(limit,usage)' },
  })
  const quota = { total: numberOf(storageQuota?.limit), used: numberOf(storageQuota?.usage) }
  return { quota }
}

/** developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke; 400 says that the token is dead already. */
async function revoke(session: Session, token: string): Promise<void> {
  const response = await session.anonymous({
    url: 'https://oauth2.googleapis.com/revoke',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }).toString(),
    replay: true,
  })
  await discard(response)
  if (!response.ok && response.status !== 400) {
    throw new Problem('provider_unavailable', 'Google could not revoke the grant.')
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // The same as a wrong shape.
  }
  throw strangeAnswer()
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
const numberOf = (value: string | undefined) => (value === undefined ? undefined : Number(value))
