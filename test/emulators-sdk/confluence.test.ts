// The Confluence emulator answers plain HTTP as Atlassian does: what the vendor takes passes, what it refuses is refused in its words.
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rateLimitFault } from '../emulators/confluence-limits.ts'
import { authorize } from '../emulators/oauth-server.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'

const CALLBACK = 'http://localhost:8787/api/cloud/oauth/callback/confluence'
const VERIFIER = 'a-code-verifier-of-at-least-forty-three-characters'
const ANN = 'ann@acme.example'
const BO = 'bo@acme.example'
const ACME = '1324a887-45db-4bf4-8e99-ef0ff456d421'
const GRANULAR = [
  'read:space:confluence',
  'read:page:confluence',
  'read:hierarchical-content:confluence',
  'read:content.metadata:confluence',
  'read:folder:confluence',
  'read:attachment:confluence',
  'read:content-details:confluence',
  'read:me',
  'offline_access',
].join(' ')

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly expires_in: number
  readonly scope: string
}

interface Row {
  readonly id: string
  readonly title: string
  readonly type: string
  readonly status: string
  readonly parentType: string | null
}

interface List {
  readonly results: readonly Row[]
  readonly _links: { readonly next?: string; readonly base: string }
}

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const client = () => ({
  client_id: emulators.clients['CONFLUENCE_CLIENT_ID'] ?? '',
  client_secret: emulators.clients['CONFLUENCE_CLIENT_SECRET'] ?? '',
})

function authorizationUrl(scope: string, change: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams({
    audience: 'api.atlassian.com',
    client_id: client().client_id,
    scope,
    redirect_uri: CALLBACK,
    state: randomBytes(24).toString('base64url'),
    response_type: 'code',
    prompt: 'consent',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  })
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  return `${emulators.url}/auth.atlassian.com/authorize?${query.toString()}`
}

function askToken(fields: Record<string, string>): Promise<Response> {
  return fetch(`${emulators.url}/auth.atlassian.com/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...client(), ...fields }),
  })
}

async function consent(
  account: string,
  scope: string,
  resources?: readonly string[],
): Promise<Record<string, string>> {
  const back = new URL(await authorize(authorizationUrl(scope), { account, resources }))
  return {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  }
}

async function signIn(
  account = ANN,
  scope = GRANULAR,
  resources?: readonly string[],
): Promise<Tokens> {
  const answer = await askToken(await consent(account, scope, resources))
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

const refresh = (token: string | undefined) =>
  askToken({ grant_type: 'refresh_token', refresh_token: token ?? '' })

/** Below the host of the API. */
function ask(path: string, token: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${emulators.url}/api.atlassian.com${path}`, {
    redirect: 'manual',
    ...init,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...init.headers },
  })
}

/** A site whose API is called with one token. */
function siteOf(token: string, cloudId = ACME) {
  const call = (path: string, init?: RequestInit) =>
    ask(`/ex/confluence/${cloudId}/wiki${path}`, token, init)
  return {
    call,
    read: async <T>(path: string): Promise<T> => {
      const answer = await call(path)
      expect([path, answer.status]).toEqual([path, 200])
      return (await answer.json()) as T
    },
    refused: async (path: string, init?: RequestInit): Promise<[number, string]> => {
      const answer = await call(path, init)
      return [answer.status, await answer.text()]
    },
  }
}

/** The whole of a listing, by its cursors. */
async function readAllRows(token: string, path: string): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const url = cursor === undefined ? path : `${path}&cursor=${encodeURIComponent(cursor)}`
    const page: List = await siteOf(token).read<List>(url)
    rows.push(...page.results)
    const next = page._links.next
    expect(next ?? '/wiki/api/v2/').toMatch(/^\/wiki\/api\/v2\//)
    cursor =
      next === undefined
        ? undefined
        : (new URL(next, 'https://x').searchParams.get('cursor') ?? undefined)
  } while (cursor !== undefined)
  return rows
}

describe('sign-in', () => {
  it('gives tokens of a JWT’s size for a code, once', async () => {
    const fields = await consent(ANN, GRANULAR)
    const first = await askToken(fields)
    const tokens = (await first.json()) as Tokens
    expect(tokens.scope).toBe(GRANULAR)
    expect(tokens.access_token.length).toBeGreaterThan(1000)
    expect(tokens.refresh_token).toMatch(/^eyJ/)
    const again = await askToken(fields)
    expect([again.status, await again.json()]).toEqual([
      403,
      { error: 'invalid_grant', error_description: 'Invalid authorization code' },
    ])
  })

  it('gives no refresh token without offline_access', async () => {
    const tokens = await signIn(ANN, 'read:page:confluence')
    expect(tokens.refresh_token).toBeUndefined()
  })

  it('takes PKCE, checks it, and lets it be left out', async () => {
    const fields = await consent(ANN, GRANULAR)
    const wrong = await askToken({ ...fields, code_verifier: `${VERIFIER}x` })
    expect(wrong.status).toBe(403)
    const none = { code_challenge: undefined, code_challenge_method: undefined }
    const back = new URL(await authorize(authorizationUrl(GRANULAR, none)))
    const { code_verifier: _, ...plain } = fields
    const code = back.searchParams.get('code') ?? ''
    expect((await askToken({ ...plain, code })).status).toBe(200)
  })

  it.each([
    ['audience', undefined],
    ['audience', 'api.example.com'],
    ['prompt', undefined],
    ['state', undefined],
    ['client_id', 'another'],
    ['redirect_uri', 'http://localhost:8787/api/cloud/oauth/callback/dropbox'],
    ['response_type', 'token'],
    ['scope', 'write:page:confluence'],
    ['access_type', 'offline'],
  ])('keeps a wrong %s on its own page', async (name, value) => {
    const answer = await fetch(authorizationUrl(GRANULAR, { [name]: value }))
    expect(answer.status).toBe(400)
  })

  it('says that the user declined', async () => {
    const back = new URL(await authorize(authorizationUrl(GRANULAR), { deny: true }))
    expect(back.searchParams.get('error')).toBe('access_denied')
    expect(back.searchParams.get('error_description')).toBe('User did not authorize the request')
  })

  it('takes JSON at the token endpoint, and a form only when told to', async () => {
    const fields = { ...client(), ...(await consent(ANN, GRANULAR)) }
    const url = `${emulators.url}/auth.atlassian.com/oauth/token`
    const send = () => fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
    expect((await send()).status).toBe(400)
    emulators.confluence.settings.formTokens = true
    expect((await send()).status).toBe(200)
  })

  it('tells a wrong secret from a wrong grant', async () => {
    const answer = await askToken({ ...(await consent(ANN, GRANULAR)), client_secret: 'wrong' })
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: 'access_denied', error_description: 'Unauthorized' },
    ])
  })

  it('ends a refresh token with its use, and the grant with its reuse', async () => {
    const { refresh_token } = await signIn()
    const second = (await (await refresh(refresh_token)).json()) as Tokens
    expect(second.refresh_token).not.toBe(refresh_token)
    const reused = await refresh(refresh_token)
    expect([reused.status, await reused.json()]).toEqual([
      403,
      { error: 'unauthorized_client', error_description: 'refresh_token is invalid' },
    ])
    const newest = await refresh(second.refresh_token)
    expect([newest.status, await newest.json()]).toEqual([
      403,
      { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    ])
  })

  it('forgives a reuse within the interval', async () => {
    emulators.confluence.oauth.settings.reuseInterval = 600
    const { refresh_token } = await signIn()
    const [one, other] = await Promise.all([refresh(refresh_token), refresh(refresh_token)])
    expect([one.status, other.status]).toEqual([200, 200])
  })

  it('calls a dead grant what it is told to', async () => {
    const { refresh_token } = await signIn()
    emulators.confluence.oauth.killGrant(ANN)
    emulators.confluence.settings.deadGrant = 'unauthorized_client'
    emulators.confluence.settings.deadStatus = 400
    const answer = await refresh(refresh_token)
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      400,
      'unauthorized_client',
    ])
  })
})

describe('accessible-resources and /me', () => {
  const list = async (token: string) => {
    const answer = await ask('/oauth/token/accessible-resources', token)
    return (await answer.json()) as { id: string; name: string; url: string; scopes: string[] }[]
  }

  it('lists the site with the Confluence scopes', async () => {
    const [site, ...more] = await list((await signIn()).access_token)
    expect(more).toEqual([])
    expect(site).toMatchObject({ id: ACME, name: 'Acme', url: 'https://acme.atlassian.net' })
    expect(site?.scopes).toContain('read:page:confluence')
    expect(site?.scopes).not.toContain('offline_access')
  })

  it('lists two sites and a duplicate, one that was chosen, and none', async () => {
    const scope = 'read:space:confluence read:jira-work'
    const all = await list((await signIn(BO, scope)).access_token)
    expect(all.map(({ name }) => name)).toEqual(['Harbour & Sons', 'Harbour & Sons', 'Regatta'])
    expect(all[0]?.scopes).toEqual(['read:jira-work'])
    expect(await list((await signIn('carl@acme.example')).access_token)).toEqual([])
    emulators.reset()
    const [harbour, regatta] = emulators.confluence.sites(BO)
    const one = await signIn(BO, GRANULAR, [regatta?.id ?? ''])
    expect((await list(one.access_token)).map(({ name }) => name)).toEqual(['Regatta'])
    // A later consent adds to it.
    await signIn(BO, GRANULAR, [harbour?.id ?? ''])
    expect(new Set((await list(one.access_token)).map(({ name }) => name)).size).toBe(2)
  })

  it('lets an app of resource-level access have one site', async () => {
    emulators.confluence.settings.oneSitePerGrant = true
    await expect(authorize(authorizationUrl(GRANULAR), { account: BO })).rejects.toThrow(/one site/)
  })

  it('says who the token is of, with the scope alone', async () => {
    const me = await ask('/me', (await signIn()).access_token)
    expect(await me.json()).toMatchObject({ email: ANN, name: 'Ann Lee' })
    const without = await signIn(ANN, 'read:page:confluence')
    expect((await ask('/me', without.access_token)).status).toBe(403)
  })
})

describe('the gateway', () => {
  const SPACES = '/api/v2/spaces'
  const body = (code: number, message: string) => [code, JSON.stringify({ code, message })]

  it('refuses an expired token, in whatever way it is told to', async () => {
    const { access_token } = await signIn()
    emulators.confluence.oauth.expireAccessTokens()
    const site = siteOf(access_token)
    expect(await site.refused(SPACES)).toEqual(body(401, 'Unauthorized'))
    const { settings } = emulators.confluence
    for (const status of [403, 404] as const) {
      settings.staleStatus = status
      const message = 'The app is not installed on this instance'
      expect(await site.refused(SPACES)).toEqual(body(status, message))
    }
  })

  it('refuses a scope that is missing, v1’s classic ones for v2 too', async () => {
    const { access_token } = await signIn(ANN, 'read:confluence-content.all search:confluence')
    const site = siteOf(access_token)
    const mismatch = body(401, 'Unauthorized; scope does not match')
    for (const path of [SPACES, '/api/v2/pages', '/api/v2/attachments', '/rest/api/user/current']) {
      expect([path, await site.refused(path)]).toEqual([path, mismatch])
    }
    expect((await site.call('/rest/api/search?cql=type%3Dpage')).status).toBe(200)
  })

  it('withholds scopes', async () => {
    emulators.confluence.settings.withheldScopes = ['read:folder:confluence']
    const tokens = await signIn()
    expect(tokens.scope).not.toContain('read:folder')
    const { id } = emulators.confluence.find('Guides')
    const site = siteOf(tokens.access_token)
    expect((await site.call(`/api/v2/folders/${id}`)).status).toBe(401)
    expect((await site.call(`/api/v2/folders/${id}/direct-children`)).status).toBe(200)
  })

  it('knows the sites that were consented to, until they are revoked', async () => {
    const { access_token } = await signIn()
    const [other] = emulators.confluence.sites(BO)
    expect((await siteOf(access_token, other?.id).call(SPACES)).status).toBe(404)
    emulators.confluence.settings.revokedSites = [ACME]
    emulators.confluence.settings.revokedStatus = 403
    expect((await siteOf(access_token).call(SPACES)).status).toBe(403)
  })

  it('serves nothing without /wiki, and nothing at the site itself', async () => {
    const { access_token } = await signIn()
    expect((await ask(`/ex/confluence/${ACME}/api/v2/spaces`, access_token)).status).toBe(404)
    const bare = await fetch(`${emulators.url}/acme.atlassian.net/wiki/api/v2/spaces`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(bare.status).toBe(401)
  })

  it('has lost what v2 replaces', async () => {
    const site = siteOf((await signIn()).access_token)
    const { id } = emulators.confluence.find('Home')
    for (const path of [
      '/rest/api/content',
      `/rest/api/content/${id}`,
      `/rest/api/content/${id}/child/page`,
      `/rest/api/content/${id}/child/attachment`,
      `/rest/api/content/${id}/label`,
      '/rest/api/space',
      '/rest/api/space/DOCS',
    ]) {
      expect([path, (await site.call(path)).status]).toEqual([path, 410])
    }
    expect((await site.call('/download/attachments/1/a.txt')).status).toBe(401)
    expect((await site.call(SPACES, { method: 'POST' })).status).toBe(405)
    expect((await site.call('/api/v2/nothing')).status).toBe(404)
  })

  it('counts points and says when the hour is over', async () => {
    emulators.confluence.settings.pointsPerHour = 12
    const site = siteOf((await signIn()).access_token)
    const first = await site.call('/api/v2/pages?limit=10')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
    expect(first.headers.get('x-ratelimit-nearlimit')).toBe('true')
    await site.call('/api/v2/pages?limit=10')
    const late = await site.call(SPACES)
    expect(late.status).toBe(429)
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(3000)
    expect(late.headers.get('x-ratelimit-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(late.headers.get('ratelimit-reason')).toBe('confluence-quota-global-based')
  })

  it('throttles on demand', async () => {
    const { access_token } = await signIn()
    const fault = rateLimitFault('confluence-burst-based', 3)
    emulators.trouble.add({ match: { host: 'api.atlassian.com', path: /\/spaces$/ }, fault })
    const answer = await siteOf(access_token).call(SPACES)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3'])
  })
})

describe('spaces and pages', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn()).access_token
  })

  it('pages with cursors of its own, which belong to their request', async () => {
    emulators.confluence.settings.manySpaces = true
    emulators.confluence.settings.maxPage = 7
    const rows = await readAllRows(token, '/api/v2/spaces?limit=250&status=current')
    expect(rows.length).toBe(32)
    const site = siteOf(token)
    const answer = await site.call('/api/v2/spaces?limit=2')
    const { _links } = (await answer.json()) as List
    expect(_links.base).toBe('https://acme.atlassian.net/wiki')
    expect(answer.headers.get('link')).toBe(
      `<${_links.next}>; rel="next", <${_links.base}>; rel="base"`,
    )
    const cursor = encodeURIComponent(
      new URL(_links.next ?? '', 'https://x').searchParams.get('cursor') ?? '',
    )
    expect((await site.call(`/api/v2/spaces?limit=5&cursor=${cursor}`)).status).toBe(200)
    expect((await site.call(`/api/v2/spaces?status=current&cursor=${cursor}`)).status).toBe(400)
    expect((await site.call('/api/v2/spaces?cursor=made-up')).status).toBe(400)
  })

  it.each([
    '/api/v2/spaces?limit=251',
    '/api/v2/spaces?limit=0',
    '/api/v2/spaces?start=10',
    '/api/v2/spaces?type=team',
    '/api/v2/spaces?sort=title',
    '/api/v2/pages?body-format=view',
    '/api/v2/pages?body-format=storage,atlas_doc_format',
    '/api/v2/pages?expand=body',
    '/api/v2/pages?status=current&status=archived',
    '/api/v2/pages?id=att1',
    '/api/v2/blogposts?subtype=live',
    '/api/v2/attachments?sort=title',
  ])('refuses %s', async (path) => {
    const [status, text] = await siteOf(token).refused(path)
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({
      errors: [{ status: 400, code: 'INVALID_REQUEST_PARAMETER', title: 'Bad Request' }],
    })
  })

  it('finds a space by its key', async () => {
    const { results } = await siteOf(token).read<List>('/api/v2/spaces?keys=DOCS')
    const [space] = results as unknown as { id: string; homepageId: string }[]
    expect(space?.id).toBe(emulators.confluence.spaceId(ANN, 'DOCS'))
    expect(space?.homepageId).toBe(emulators.confluence.find('Home').id)
    // Ids are no numbers.
    expect(String(Number(space?.id))).not.toBe(space?.id)
  })

  it('lists pages, archived ones too, and leaves folders out of the root', async () => {
    const { confluence } = emulators
    const path = `/api/v2/spaces/${confluence.spaceId(ANN, 'DOCS')}/pages`
    const all = await readAllRows(token, `${path}?limit=3`)
    const titles = all.map(({ title }) => title)
    expect(titles).toContain('Old plan')
    expect(titles).not.toContain('Thrown away')
    expect(titles).not.toContain('Board only')
    expect(titles).not.toContain('Below board only')
    const current = await readAllRows(token, `${path}?status=current`)
    expect(current.map(({ title }) => title)).not.toContain('Old plan')
    const root = await readAllRows(token, `${path}?depth=root`)
    expect(root.map(({ title }) => title)).toEqual(['Home', 'Loose page'])
    const setup = all.find(({ title }) => title === 'Setup')
    expect(setup?.parentType).toBe('folder')
  })

  it('gives a body in one format, and none without', async () => {
    const { id } = emulators.confluence.find('Plan 2026')
    const site = siteOf(token)
    type Page = { body: Record<string, { representation: string; value: string }> }
    const read = (format: string) => site.read<Page>(`/api/v2/pages/${id}?body-format=${format}`)
    expect((await site.read<Page>(`/api/v2/pages/${id}`)).body).toEqual({})
    const storage = (await read('storage')).body['storage']?.value ?? ''
    expect(storage).toContain(']]]]><![CDATA[>')
    const view = (await read('export_view')).body['export_view']?.value ?? ''
    expect(view).toContain('const a = b &amp;&amp; c &lt; d; // ]]&gt;')
    expect(view).not.toMatch(/<(?:ac|ri):|ts<|complete/)
    const adf = (await read('atlas_doc_format')).body['atlas_doc_format']?.value ?? ''
    expect(JSON.parse(adf)).toMatchObject({ type: 'doc', version: 1 })
    const empty = emulators.confluence.find('Empty page').id
    const body = await site.read<Page>(`/api/v2/pages/${empty}?body-format=storage`)
    expect(body.body['storage']?.value).toBe('')
  })

  it('keeps versions', async () => {
    const { id } = emulators.confluence.find('Setup')
    emulators.confluence.editPage(id, '<p>Step two.</p>')
    const site = siteOf(token)
    const page = await site.read<{ version: { number: number } }>(`/api/v2/pages/${id}`)
    expect(page.version.number).toBe(2)
    const old = await site.read(`/api/v2/pages/${id}?version=1&body-format=storage`)
    expect(JSON.stringify(old)).toContain('Step one')
    expect((await site.call(`/api/v2/pages/${id}?version=3`)).status).toBe(404)
  })

  it('does not tell absent from not permitted', async () => {
    const site = siteOf(token)
    const hidden = emulators.confluence.find('Below board only').id
    const elsewhere = emulators.confluence.find('Harbour rota').id
    const folder = emulators.confluence.find('Guides').id
    const answers = await Promise.all(
      [hidden, elsewhere, folder, '1'].map((id) => site.refused(`/api/v2/pages/${id}`)),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]?.[0]).toBe(404)
  })

  it('shows dora a site without a space', async () => {
    const [site] = emulators.confluence.sites('dora@acme.example')
    const tokens = await signIn('dora@acme.example')
    const list = await siteOf(tokens.access_token, site?.id).read<List>('/api/v2/spaces')
    expect(list.results).toEqual([])
  })
})

describe('the tree', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn()).access_token
  })

  it('has every kind of content, and what is below it', async () => {
    const { confluence } = emulators
    const home = confluence.find('Home').id
    emulators.confluence.settings.maxPage = 4
    const rows = await readAllRows(token, `/api/v2/pages/${home}/direct-children?limit=250`)
    expect(new Set(rows.map(({ type }) => type))).toEqual(
      new Set(['folder', 'page', 'whiteboard', 'database', 'embed']),
    )
    expect(rows.map(({ title }) => title)).toContain('Ship 🚢 100% + done #1?')
    for (const [plural, title, child] of [
      ['folders', 'Guides', 'Setup'],
      ['whiteboards', 'Retro board', 'Below a whiteboard'],
      ['databases', 'Crew database', 'Below a database'],
    ] as const) {
      const path = `/api/v2/${plural}/${confluence.find(title).id}/direct-children`
      const { results } = await siteOf(token).read<List>(path)
      expect(results.map((row) => row.title)).toEqual([child])
    }
    const embed = confluence.find('Harbour map').id
    const below = await siteOf(token).read<List>(`/api/v2/embeds/${embed}/direct-children`)
    expect(below.results).toEqual([])
    // The deprecated call loses all but pages.
    const pages = await readAllRows(token, `/api/v2/pages/${home}/children?limit=250`)
    expect(pages.map((row) => row.title)).not.toContain('Guides')
  })

  it('walks down and up', async () => {
    const { confluence } = emulators
    const site = siteOf(token)
    const home = confluence.find('Home').id
    const deep = `/api/v2/pages/${home}/descendants?depth=10&limit=250`
    const all = (await site.read<List>(deep)).results as unknown as {
      title: string
      depth: number
    }[]
    expect(all.find(({ title }) => title === 'Expert setup')?.depth).toBe(4)
    expect((await site.call(`/api/v2/pages/${home}/descendants?depth=11`)).status).toBe(400)
    const up = `/api/v2/pages/${confluence.find('Advanced setup').id}/ancestors`
    expect((await site.read<List>(up)).results).toEqual(
      ['Home', 'Guides', 'Setup'].map((title) => {
        const { id, type } = confluence.find(title)
        return { id, type }
      }),
    )
  })

  it('tells the types behind ids', async () => {
    const { confluence } = emulators
    const [folder, page] = [confluence.find('Guides').id, confluence.find('Setup').id]
    const send = (body: string, type = 'application/json') =>
      siteOf(token).call('/api/v2/content/convert-ids-to-types', {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      })
    const answer = await send(JSON.stringify({ contentIds: [folder, page, '1'] }))
    expect(await answer.json()).toEqual({
      results: { [folder]: 'folder', [page]: 'page', '1': null },
    })
    expect((await send('{}')).status).toBe(400)
    expect((await send('{"contentIds":[1]}')).status).toBe(400)
    expect((await send('{"contentIds":["1"]}', 'text/plain')).status).toBe(415)
  })
})

describe('attachments', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn()).access_token
  })

  const pathOf = (title: string, query = '') => {
    const { id, parentId } = emulators.confluence.find(title)
    return `/rest/api/content/${parentId}/child/attachment/${id}/download${query}`
  }

  it('lists them with their sizes and types', async () => {
    const page = emulators.confluence.find('Home').id
    const path = `/api/v2/pages/${page}/attachments`
    const { results } = await siteOf(token).read<List>(`${path}?limit=250`)
    expect(results.map(({ title }) => title)).toEqual([
      'notes.txt',
      'harbour.jpg',
      'Übersicht "final" 100%.pdf',
    ])
    expect(results[1]).toMatchObject({ fileSize: 1_500_000, mediaType: 'image/jpeg', pageId: page })
    const one = await siteOf(token).read<List>(`${path}?filename=notes.txt`)
    expect(one.results.length).toBe(1)
    await siteOf(token).read(`/api/v2/attachments/${results[0]?.id}`)
  })

  it('leads to a second host, which takes a range and refuses a token', async () => {
    const { confluence } = emulators
    const answer = await siteOf(token).call(pathOf('harbour.jpg', '?version=1'))
    expect(answer.status).toBe(302)
    const location = answer.headers.get('location') ?? ''
    expect(location).toContain('/api.media.atlassian.com/file/')
    const withToken = { headers: { authorization: `Bearer ${token}` } }
    expect((await fetch(location, withToken)).status).toBe(401)
    const whole = await fetch(location)
    const { id } = confluence.find('harbour.jpg')
    const bytes = Buffer.from(await whole.arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(await confluence.sha256(id))
    const part = await fetch(location, { headers: { range: 'bytes=1000-1999' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      'bytes 1000-1999/1500000',
    ])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1000, 2000))).toBe(true)
    const behind = await fetch(location, { headers: { range: 'bytes=1500000-' } })
    expect(behind.status).toBe(416)
    confluence.settings.expiredDownloads = 1
    expect((await fetch(location)).status).toBe(403)
    expect((await fetch(location.replace('%2B', '+'))).status).toBe(403)
  })

  it('refuses what is not there', async () => {
    const site = siteOf(token)
    const { id } = emulators.confluence.find('notes.txt')
    const other = emulators.confluence.find('Setup').id
    expect((await site.call(pathOf('notes.txt', '?version=2'))).status).toBe(400)
    const wrong = `/rest/api/content/${other}/child/attachment/${id}/download`
    const [status, text] = await site.refused(wrong)
    expect(status).toBe(404)
    expect(text).toContain('NotFoundException')
  })

  it('keeps versions of a file', async () => {
    const { confluence } = emulators
    const page = confluence.find('Home').id
    const id = confluence.addAttachment(page, 'notes.txt', 'Sideways.\n', 'text/plain')
    expect(id).toBe(confluence.find('notes.txt').id)
    const read = async (query: string) => {
      const answer = await siteOf(token).call(pathOf('notes.txt', query))
      return (await fetch(answer.headers.get('location') ?? '')).text()
    }
    expect(await read('')).toBe('Sideways.\n')
    expect(await read('?version=1')).toBe('Up and to the right.\n')
  })
})

describe('search', () => {
  let token: string
  beforeEach(async () => {
    token = (await signIn()).access_token
  })

  interface Hits {
    readonly results: readonly { title: string; excerpt: string; content: { title: string } }[]
    readonly totalSize: number
    readonly limit: number
    readonly _links: { readonly next?: string }
  }
  const find = (cql: string, more = '&excerpt=none') =>
    siteOf(token).read<Hits>(`/rest/api/search?cql=${encodeURIComponent(cql)}${more}`)
  const titles = async (cql: string) =>
    (await find(cql)).results.map(({ content }) => content.title)

  it('understands what is useful', async () => {
    const { confluence } = emulators
    const setup = confluence.find('Setup').id
    expect(await titles('space = "DOCS" and type = folder order by title desc')).toEqual([
      'Root folder',
      'Guides',
    ])
    expect(await titles('text ~ "budget"')).toEqual(['Setup'])
    expect(await titles('text ~ "\\"budget the sails\\""')).toEqual(['Setup'])
    expect(await titles('title ~ "expe*" OR title = "notes"')).toEqual(['Notes', 'Expert setup'])
    expect(await titles(`ancestor = ${setup} and type in (page, blogpost)`)).toEqual([
      'Advanced setup',
      'Expert setup',
    ])
    expect(await titles(`parent = ${setup}`)).toEqual(['Advanced setup'])
    expect(await titles('type = attachment and title ~ "final"')).toEqual([
      'Übersicht "final" 100%.pdf',
    ])
    expect(await titles(`title = "\\"Quoted\\" & 'single' <tag>"`)).toEqual([
      `"Quoted" & 'single' <tag>`,
    ])
    expect(await titles('label = start')).toEqual(['Home'])
    expect(await titles('not type = page and not type in (folder, attachment, embed)')).toEqual([
      'Retro board',
      'Crew database',
      'Launched!',
    ])
    expect(
      await titles('creator = currentUser() and created < "2024-03-02" and title ~ setup'),
    ).toHaveLength(3)
    confluence.editPage(setup, '<p>New.</p>')
    expect(await titles('lastmodified > now("-1d") and type = page')).toEqual(['Setup'])
    confluence.settings.indexLag = 60
    expect(await titles('lastmodified > now("-1d") and type = page')).toEqual([])
  })

  it.each([
    'type=',
    'type = pages',
    'space DOCS',
    'title ~ "open',
    'title ~ "a\\d"',
    'colour = red',
    'user = ann',
    'text = budget',
    'title ~ "*plan"',
    '(type = page',
    'type = page)',
    'type = page order by text',
    'type = page and',
    'created > yesterday',
    'created > now("-7x")',
    'space = ~ann',
    'title = order',
  ])('cannot parse %s', async (cql) => {
    const path = `/rest/api/search?cql=${encodeURIComponent(cql)}`
    const [status, text] = await siteOf(token).refused(path)
    expect(status).toBe(400)
    expect(text).toContain('BadRequestException')
  })

  it('refuses parameters that it does not know', async () => {
    const site = siteOf(token)
    for (const query of ['', '?cql=', '?cql=type%3Dpage&q=1', '?cql=type%3Dpage&excerpt=short']) {
      expect((await site.call(`/rest/api/search${query}`)).status).toBe(400)
    }
  })

  it('highlights, and escapes titles', async () => {
    const marked = await find('text ~ "budget"', '')
    expect(marked.results[0]?.excerpt).toContain('@@@hl@@@budget@@@endhl@@@')
    const [hit] = (await find('title ~ quoted')).results
    expect(hit?.title).toBe(`&quot;Quoted&quot; &amp; 'single' &lt;tag&gt;`)
  })

  it('pages by links without /wiki', async () => {
    const all = await find('type = page and space = DOCS order by title', '&limit=250')
    expect(all.results.length).toBe(all.totalSize)
    const first = await find('type = page and space = DOCS order by title', '&limit=5')
    expect(first._links.next).toMatch(/^\/rest\/api\/search\?next=true&cursor=/)
    const second = await siteOf(token).read<Hits>(first._links.next ?? '')
    expect(second.results[0]?.content.title).toBe(all.results[5]?.content.title)
    const capped = await find('type = page', '&limit=100&expand=content.body.export_view')
    expect(capped.limit).toBe(25)
  })
})
