// The Dropbox emulator answers Dropbox's own SDK as Dropbox does: the SDK sees real host names, and its own errors.
import { createHash, randomBytes } from 'node:crypto'
import { Dropbox, DropboxAuth, DropboxResponseError, type files } from 'dropbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { authorize } from '../emulators/oauth-server.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'

const CALLBACK = 'http://localhost:8787/api/cloud/oauth/callback/dropbox'
const MIB = 1024 * 1024
const MIA = 'mia@example.com'
const FRANZ = 'franz@acme.example'

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

/** The network between the SDK and the emulators. */
async function mappedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('x-slipway-norecord', '1')
  const sent = url.replace(/^https:\//, emulators.url)
  const response = await fetch(sent, { ...init, headers })
  // The SDK was written for another fetch, whose responses have this method.
  const buffer = async () => Buffer.from(await response.arrayBuffer())
  return Object.assign(response, { buffer })
}

/** Signs in as a user would, at the page of Dropbox. */
async function signIn(account: string, scope?: string[]): Promise<DropboxAuth> {
  const clientId = emulators.clients['DROPBOX_CLIENT_ID'] ?? ''
  const auth = new DropboxAuth({ clientId, fetch: mappedFetch })
  const state = randomBytes(24).toString('base64url')
  const asked = await auth.getAuthenticationUrl(
    CALLBACK,
    state,
    'code',
    'offline',
    scope,
    'none',
    true,
  )
  const page = String(asked).replace(/^https:\/\/dropbox.com/, `${emulators.url}/www.dropbox.com`)
  const back = new URL(await authorize(page, { account }))
  expect(back.searchParams.get('state')).toBe(state)
  const answer = await auth.getAccessTokenFromCode(CALLBACK, back.searchParams.get('code') ?? '')
  const tokens = answer.result as Record<string, string | number>
  auth.setAccessToken(String(tokens['access_token']))
  auth.setRefreshToken(String(tokens['refresh_token']))
  auth.setAccessTokenExpiresAt(new Date(Date.now() + Number(tokens['expires_in']) * 1000))
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 14_400 })
  return auth
}

async function connect(account: string, options: object = {}): Promise<Dropbox> {
  return new Dropbox({ auth: await signIn(account), fetch: mappedFetch, ...options })
}

/** What the SDK throws. */
async function failure(work: Promise<unknown>): Promise<DropboxResponseError<unknown>> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DropboxResponseError)) throw new Error('no refusal', { cause: error })
  return error as DropboxResponseError<unknown>
}

const bytesOf = (result: object) => (result as { fileBinary: Buffer }).fileBinary
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const names = (entries: readonly { name: string }[]) => entries.map(({ name }) => name).sort()

for (const account of [MIA, FRANZ]) {
  describe(`Dropbox's SDK with ${account}`, () => {
    let dropbox: Dropbox
    beforeEach(async () => {
      dropbox = await connect(account)
    })

    it('reads who I am and how much room there is', async () => {
      const { result } = await dropbox.usersGetCurrentAccount()
      expect(result.email).toBe(account)
      expect(result.account_id).toHaveLength(40)
      const space = (await dropbox.usersGetSpaceUsage()).result
      expect(space.used).toBeGreaterThan(1_500_000)
      expect(space.allocation['.tag']).toBe(account === MIA ? 'individual' : 'team')
      expect((await dropbox.checkUser({ query: 'ahoy' })).result.result).toBe('ahoy')
    })

    it('lists a folder page by page, and then what has changed', async () => {
      const folder = emulators.dropbox.addFolder(account, 'root', 'Many')
      emulators.dropbox.addMany(account, folder, 25)
      const first = (await dropbox.filesListFolder({ path: '/MANY', limit: 10 })).result
      const entries = [...first.entries]
      let { cursor, has_more: more } = first
      while (more) {
        const next = (await dropbox.filesListFolderContinue({ cursor })).result
        entries.push(...next.entries)
        ;({ cursor, has_more: more } = next)
      }
      expect(entries).toHaveLength(25)
      await dropbox.filesUpload({ path: '/Many/new.txt', contents: 'new' })
      await dropbox.filesDeleteV2({ path: '/many/item-00003.txt' })
      const polled = await dropbox.filesListFolderLongpoll({ cursor })
      expect(polled.result.changes).toBe(true)
      const delta = (await dropbox.filesListFolderContinue({ cursor })).result.entries
      expect(delta.map((entry) => [entry['.tag'], entry.name])).toEqual([
        ['file', 'new.txt'],
        ['deleted', 'item-00003.txt'],
      ])
    })

    it('uploads small, odd and empty files and downloads the same bytes', async () => {
      for (const [name, text] of [
        ['Größe – 名前 😀 2.txt', 'odd'],
        ["it's #1 100% + & =.txt", 'escaped'],
        ['nothing.txt', ''],
      ] as const) {
        const { result } = await dropbox.filesUpload({ path: `/Up/${name}`, contents: text })
        expect(result).toMatchObject({ name, size: Buffer.byteLength(text) })
        const got = (await dropbox.filesDownload({ path: result.id })).result
        expect(bytesOf(got).toString()).toBe(text)
        expect(got.content_hash).toBe(result.content_hash)
      }
    })

    it('uploads in a session', async () => {
      const bytes = randomBytes(9 * MIB + 13)
      const start = await dropbox.filesUploadSessionStart({ contents: bytes.subarray(0, 4 * MIB) })
      const { session_id } = start.result
      const cursor = { session_id, offset: 4 * MIB }
      const contents = bytes.subarray(4 * MIB, 8 * MIB)
      await dropbox.filesUploadSessionAppendV2({ cursor, contents })
      const again = await failure(
        dropbox.filesUploadSessionAppendV2({ cursor, contents: 'once more' }),
      )
      expect(again.status).toBe(409)
      expect(again.error).toMatchObject({
        error: { '.tag': 'incorrect_offset', correct_offset: 8 * MIB },
      })
      const done = await dropbox.filesUploadSessionFinish({
        cursor: { session_id, offset: 8 * MIB },
        commit: { path: '/clip.bin', mode: { '.tag': 'add' } },
        contents: bytes.subarray(8 * MIB),
      })
      expect(await emulators.dropbox.sha256(done.result.id)).toBe(sha256(bytes))
      expect(emulators.dropbox.sessions()).toEqual([])
    })

    it('makes folders, moves, copies and deletes', async () => {
      const folder = (await dropbox.filesCreateFolderV2({ path: '/New/Deep' })).result.metadata
      expect(folder).toMatchObject({ name: 'Deep', path_lower: '/new/deep' })
      const taken = await failure(dropbox.filesCreateFolderV2({ path: '/new/deep' }))
      expect(taken.error).toMatchObject({
        error: { '.tag': 'path', path: { '.tag': 'conflict', conflict: { '.tag': 'folder' } } },
      })
      const to = { from_path: '/empty.txt', to_path: '/New/Deep/Some.txt' }
      const moved = (await dropbox.filesMoveV2(to)).result.metadata as files.FileMetadataReference
      const copied = await dropbox.filesCopyV2({ from_path: moved.id, to_path: '/New/Other.txt' })
      expect(copied.result.metadata).toMatchObject({ '.tag': 'file', name: 'Other.txt' })
      await dropbox.filesDeleteV2({ path: folder.id })
      const gone = await failure(dropbox.filesGetMetadata({ path: moved.id }))
      expect(gone.error).toMatchObject({
        error: { '.tag': 'path', path: { '.tag': 'not_found' } },
      })
    })

    it('searches, exports and hands out links', async () => {
      const found = (await dropbox.filesSearchV2({ query: "o'brien" })).result
      expect(found.matches).toHaveLength(1)
      const paper = await dropbox.filesExport({ path: '/notes.paper', export_format: 'markdown' })
      expect(paper.result.export_metadata.name).toBe('Notes.md')
      expect(bytesOf(paper.result).toString()).toContain('# Notes')
      const { link } = (await dropbox.filesGetTemporaryLink({ path: '/harbour.bin' })).result
      const part = await fetch(link, { headers: { range: 'bytes=10-19' } })
      expect(part.status).toBe(206)
      expect((await part.arrayBuffer()).byteLength).toBe(10)
    })

    it('refreshes an expired token and ends with a revoked one', async () => {
      emulators.dropbox.oauth.expireAccessTokens()
      const expired = await failure(dropbox.usersGetCurrentAccount())
      expect(expired.error).toMatchObject({ error: { '.tag': 'expired_access_token' } })
      const { auth } = dropbox as unknown as { auth: DropboxAuth }
      await auth.refreshAccessToken()
      expect((await dropbox.usersGetCurrentAccount()).status).toBe(200)
      await dropbox.authTokenRevoke()
      const revoked = await failure(dropbox.usersGetCurrentAccount())
      expect(revoked.error).toMatchObject({ error: { '.tag': 'invalid_access_token' } })
      const refused = await failure(auth.refreshAccessToken() as unknown as Promise<void>)
      expect(refused).toMatchObject({ status: 400, error: { error: 'invalid_grant' } })
    })
  })
}

describe("Dropbox's SDK in a team space", () => {
  it('sees team folders below the root, and a root that changed', async () => {
    const home = await connect(FRANZ)
    const { root_info: info } = (await home.usersGetCurrentAccount()).result
    expect(info).toMatchObject({ '.tag': 'team', home_path: '/Franz Ferdinand' })
    expect(info.root_namespace_id).not.toBe(info.home_namespace_id)
    const pathRoot = JSON.stringify({ '.tag': 'root', root: info.root_namespace_id })
    const team = await connect(FRANZ, { pathRoot })
    const top = (await team.filesListFolder({ path: '' })).result.entries
    expect(names(top)).toEqual(['Franz Ferdinand', 'Marketing', 'Policies'])
    const own = (await team.filesListFolder({ path: '/Franz Ferdinand' })).result.entries
    expect(names(own)).toEqual(names((await home.filesListFolder({ path: '' })).result.entries))
    emulators.dropbox.settings.teamRootChanged = true
    const moved = await failure(team.filesListFolder({ path: '' }))
    expect(moved.status).toBe(422)
    expect(moved.error).toMatchObject({
      error: { '.tag': 'invalid_root', invalid_root: { '.tag': 'team' } },
    })
  })
})

describe("Dropbox's SDK when Dropbox is busy", () => {
  const match = { host: 'api.dropboxapi.com', path: '/2/users/get_current_account' }

  it('is told in JSON and in text', async () => {
    const dropbox = await connect(MIA)
    const headers = { 'retry-after': '15' }
    const body = JSON.stringify({
      error_summary: 'too_many_requests/..',
      error: { reason: { '.tag': 'too_many_requests' }, retry_after: 15 },
    })
    const json = { ...headers, 'content-type': 'application/json' }
    emulators.trouble.add({ match, fault: { kind: 'status', status: 429, headers: json, body } })
    const first = await failure(dropbox.usersGetCurrentAccount())
    expect(first).toMatchObject({ status: 429, error: { error: { retry_after: 15 } } })
    const text = { ...headers, 'content-type': 'text/plain' }
    const fault = { kind: 'status', status: 429, headers: text, body: 'Too many requests' } as const
    emulators.trouble.add({ match, fault })
    const second = await failure(dropbox.usersGetCurrentAccount())
    expect(second).toMatchObject({ status: 429, error: 'Too many requests' })
    expect((await dropbox.usersGetCurrentAccount()).status).toBe(200)
  })
})
