// Dropbox: OAuth with PKCE, API v2, for personal accounts and for team spaces.
import { discard } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, Provider, Session } from '../contract.ts'
import type { OAuth2 } from '../sign-in.ts'
import { API, callRpc, CONTENT, strangeAnswer } from './api.ts'
import { list, locate, search, stat } from './browse.ts'
import { download } from './content.ts'
import { createFolder, remove, update } from './manage.ts'
import { upload, type State } from './upload.ts'

/** What is not possible without each scope. */
const USES: Readonly<Record<string, string>> = {
  'files.metadata.read': 'Folders cannot be listed or searched.',
  'files.content.read': 'Files cannot be downloaded.',
  'files.content.write': 'Nothing can be uploaded, changed or deleted.',
}

export const dropbox = {
  id: 'dropbox',
  label: 'Dropbox',
  auth: {
    kind: 'oauth2',
    authorizationEndpoint: () => 'https://www.dropbox.com/oauth2/authorize',
    tokenEndpoint: () => `${API}/oauth2/token`,
    defaultScopes: [
      'account_info.read',
      'files.metadata.read',
      'files.content.read',
      'files.content.write',
    ],
    // Without it there is no refresh token.
    authorizationParams: { token_access_type: 'offline' },
    requiredScopes: (_, granted) =>
      ['account_info.read', 'files.metadata.read'].filter((scope) => !granted.includes(scope)),
    missingUses: (granted) =>
      Object.fromEntries(Object.entries(USES).filter(([scope]) => !granted.includes(scope))),
    // A scope that is missing is a 401 as well, and no new token would have it.
    judgeRefusal: (status, body) =>
      status === 401 && /expired_access_token|invalid_access_token/.test(body)
        ? 'expired'
        : 'other',
  } satisfies OAuth2,
  origins: [API, CONTENT],
  presignedHosts: ['.dropboxusercontent.com'],
  // Limits are not published, and kept for each user of each application; reads in parallel are none of the locks that writes run into.
  parallelImports: 4,
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
  revocation: { reach: 'grant', needsAccessToken: true, revoke },
} satisfies Provider<State>

interface FullAccount {
  readonly account_id?: string
  readonly email?: string
  readonly name?: { readonly display_name?: string }
  readonly root_info?: {
    readonly root_namespace_id?: string
    readonly home_namespace_id?: string
  }
}

async function identify(session: Session): Promise<Account> {
  const account = await callRpc<FullAccount>(session, 'users/get_current_account', undefined)
  if (typeof account.account_id !== 'string') throw strangeAnswer()
  const { root_namespace_id: root, home_namespace_id: home } = account.root_info ?? {}
  return {
    id: account.account_id,
    email: account.email,
    name: account.name?.display_name,
    // Only members of a team with a team space have a top that is not their own folder.
    data: root !== undefined && root !== home ? { root } : {},
  }
}

interface SpaceUsage {
  /** Bytes. */
  readonly used?: number
  readonly allocation?: {
    readonly '.tag'?: string
    readonly allocated?: number
    readonly used?: number
    /** 0: no limit of the member's own. */
    readonly user_within_team_space_allocated?: number
  }
}

async function check(session: Session): Promise<Health> {
  const usage = await callRpc<SpaceUsage>(session, 'users/get_space_usage', undefined)
  const { allocation } = usage
  if (allocation?.['.tag'] !== 'team') {
    return { quota: { total: allocation?.allocated, used: usage.used } }
  }
  const own = allocation.user_within_team_space_allocated ?? 0
  return own > 0
    ? { quota: { total: own, used: usage.used } }
    : { quota: { total: allocation.allocated, used: allocation.used } }
}

/** Ends the access token, its refresh token, and all others of that. A 401 says that they have ended already. */
async function revoke(session: Session): Promise<void> {
  const response = await session.http({
    url: `${API}/2/auth/token/revoke`,
    method: 'POST',
    replay: true,
  })
  await discard(response)
  if (!response.ok && response.status !== 401) {
    throw new Problem('provider_unavailable', 'Dropbox could not revoke the grant.')
  }
}
