// Confluence Cloud: Atlassian's OAuth 2.0 (3LO), sites, spaces, pages within pages, attachments. Read only.
import { readJson } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import type { Account, Health, Provider, Session } from '../contract.ts'
import type { OAuth2, TokenErrorBody, TokenFailure } from '../sign-in.ts'
import { ATLASSIAN, fetchSite, listSites, strangeAnswer } from './api.ts'
import { list } from './browse.ts'
import { download } from './content.ts'
import { judgeRefusal, readRefusal, withdrawn } from './errors.ts'
import { search } from './search.ts'
import { locate, stat } from './way.ts'

/** What is not possible without each scope. */
const USES: Readonly<Record<string, string>> = {
  'read:space:confluence': 'Spaces cannot be listed.',
  'read:page:confluence': 'Pages cannot be read.',
  'read:hierarchical-content:confluence': 'Pages below other pages cannot be listed.',
  'read:folder:confluence': 'Folders at the top of a space are not shown.',
  'read:attachment:confluence': 'Attachments cannot be read.',
  'read:content-details:confluence': 'Pages cannot be searched.',
}

export const confluence = {
  id: 'confluence',
  label: 'Confluence',
  auth: {
    kind: 'oauth2',
    authorizationEndpoint: () => 'https://auth.atlassian.com/authorize',
    tokenEndpoint: () => 'https://auth.atlassian.com/oauth/token',
    // The second generation of the API knows the granular ones alone.
    defaultScopes: [...Object.keys(USES), 'read:me', 'offline_access'],
    authorizationParams: { audience: 'api.atlassian.com', prompt: 'consent' },
    tokenRequest: 'json',
    requiredScopes: (asked, granted) =>
      ['read:space:confluence', 'read:page:confluence'].filter(
        (scope) => asked.includes(scope) && !granted.includes(scope),
      ),
    missingUses: (granted) =>
      Object.fromEntries(Object.entries(USES).filter(([scope]) => !granted.includes(scope))),
    judgeRefusal,
    classifyTokenError,
    // community.developer.atlassian.com/t/60806: 90 days without use, 365 from the consent.
    idleDays: 90,
    absoluteDays: 365,
  } satisfies OAuth2,
  origins: [ATLASSIAN],
  presignedHosts: ['.atlassian.com', '.atlassian.net'],
  // 65,000 points an hour for all users of the application together: slower means that others are served as well.
  parallelImports: 3,
  identify,
  check,
  list,
  locate,
  stat,
  download,
  search,
} satisfies Provider

/** The signs are the vendor's own: a dead grant is a 403, and a wrong secret is called a denial. */
function classifyTokenError(body: TokenErrorBody): TokenFailure | undefined {
  const { status, error, description } = body
  if (error === 'access_denied') return 'operator'
  if (error === 'unauthorized_client') {
    return status === 403 || description.includes('refresh_token') ? 'dead' : 'operator'
  }
  return undefined
}

interface Me {
  readonly account_id?: unknown
  readonly accountId?: unknown
  readonly email?: unknown
  readonly name?: unknown
  readonly displayName?: unknown
}

const withoutSite = () =>
  new Problem(
    'not_supported',
    'The Atlassian account gives access to no Confluence site. Reconnect and choose one.',
  )

async function identify(session: Session): Promise<Account> {
  const sites = await listSites(session)
  const [site] = sites
  if (site === undefined) throw withoutSite()
  const me = (await findMe(session)) ?? (await getUser(session, site.id))
  const id = me.account_id ?? me.accountId
  if (typeof id !== 'string' || id === '') throw strangeAnswer()
  const data = Object.fromEntries(sites.flatMap((one) => (one.url ? [[one.id, one.url]] : [])))
  return { id, email: textOf(me.email), name: textOf(me.name) ?? textOf(me.displayName), data }
}

/** Undefined without the scope for it, which has to be switched on in the console. */
async function findMe(session: Session): Promise<Me | undefined> {
  const response = await session.http({
    url: `${ATLASSIAN}/me`,
    headers: { accept: 'application/json' },
  })
  if (response.ok) return readJson<Me>(response)
  const refusal = await readRefusal(response, 'read:me', session.now())
  if (['access_denied', 'insufficient_scope'].includes(refusal.code)) return undefined
  throw refusal
}

/** The same account as Confluence itself knows it, often without its address. */
function getUser(session: Session, cloudId: string): Promise<Me> {
  return fetchSite<Me>(session, cloudId, '/rest/api/user/current')
}

async function check(session: Session): Promise<Health> {
  if ((await listSites(session)).length === 0) throw withdrawn()
  return {}
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
