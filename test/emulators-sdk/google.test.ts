// The Google emulator answers Google's own SDK and auth library as Google does: they see real host names, tokens and pages only.
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { drive, type drive_v3 } from '@googleapis/drive'
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { authorize } from '../emulators/oauth-server.ts'
import { startEmulators, type Emulators } from '../emulators/server.ts'

const ANN = 'ann@example.com'
const CALLBACK = 'http://localhost:8787/api/cloud/oauth/callback/google_drive'
const SCOPE = 'https://www.googleapis.com/auth/drive'
const FOLDER = 'application/vnd.google-apps.folder'
const MIB = 1024 * 1024

let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const toEmulator = (url: string) => url.replace(/^https:\//, emulators.url)

/** The network between the SDK and the emulators: tokens go to Google's real names over https, and nowhere else. */
const network: typeof fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input)
  if (!/^https:\/\/(?:www|oauth2)\.googleapis\.com\//.test(url)) throw new Error(`not ${url}`)
  const headers = new Headers(init?.headers)
  headers.set('x-slipway-norecord', '1')
  const answer = await fetch(toEmulator(url), { ...init, headers, redirect: 'manual' })
  const real = new Headers(answer.headers)
  const location = real.get('location')
  if (location !== null) real.set('location', location.replace(`${emulators.url}/`, 'https://'))
  const empty = [204, 304].includes(answer.status)
  return new Response(empty ? null : answer.body, { status: answer.status, headers: real })
}

function createClient(): OAuth2Client {
  return new OAuth2Client({
    clientId: emulators.clients['GOOGLE_DRIVE_CLIENT_ID'],
    clientSecret: emulators.clients['GOOGLE_DRIVE_CLIENT_SECRET'],
    redirectUri: CALLBACK,
    transporterOptions: { fetchImplementation: network },
  })
}

/** Signs in as a user would, with a code verifier of the library's own. */
async function signIn(auth: OAuth2Client, scope = SCOPE): Promise<void> {
  const { codeVerifier, codeChallenge } = await auth.generateCodeVerifierAsync()
  const url = auth.generateAuthUrl({
    access_type: 'offline',
    prompt: 'consent',
    scope: ['openid', 'email', scope],
    state: randomBytes(24).toString('base64url'),
    code_challenge: codeChallenge,
    code_challenge_method: CodeChallengeMethod.S256,
  })
  const back = new URL(await authorize(toEmulator(url), { account: ANN }))
  const code = back.searchParams.get('code') ?? ''
  const { tokens } = await auth.getToken({ code, codeVerifier })
  auth.setCredentials(tokens)
}

/** The SDK brings an auth library of its own, whose class is another type. */
const createDrive = (auth: OAuth2Client): drive_v3.Drive =>
  drive({ version: 'v3', auth: auth as unknown as NonNullable<drive_v3.Options['auth']> })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe("Google's auth library", () => {
  it('exchanges a code once, with the verifier that fits', async () => {
    const auth = createClient()
    await signIn(auth)
    const { access_token, refresh_token, scope } = auth.credentials
    expect(access_token).toMatch(/^ya29\./)
    expect(refresh_token).toMatch(/^1\/\//)
    expect(scope?.split(' ')).toContain(SCOPE)
    const { codeVerifier } = await auth.generateCodeVerifierAsync()
    await expect(auth.getToken({ code: '4/0Aunknown', codeVerifier })).rejects.toMatchObject({
      status: 400,
      message: 'invalid_grant',
    })
  })

  it('refreshes, and goes on after a 401', async () => {
    const auth = createClient()
    await signIn(auth)
    const before = auth.credentials.access_token
    const { credentials } = await auth.refreshAccessToken()
    expect(credentials.access_token).not.toBe(before)
    expect(emulators.google.oauth.tokenRequests.at(-1)).toMatchObject({ grant: 'refresh_token' })
    emulators.google.oauth.expireAccessTokens()
    const { access_token, refresh_token } = credentials
    // Not knowing when the token ends, the library refreshes only when it is refused.
    auth.setCredentials({ access_token, refresh_token })
    const about = await createDrive(auth).about.get({ fields: 'user' })
    expect(about.data.user?.emailAddress).toBe(ANN)
    expect(auth.credentials.access_token).not.toBe(access_token)
  })

  it('revokes, after which nothing refreshes', async () => {
    const auth = createClient()
    await signIn(auth)
    const { refresh_token } = auth.credentials
    await auth.revokeCredentials()
    expect(emulators.google.oauth.liveGrants(ANN)).toBe(0)
    auth.setCredentials({ refresh_token })
    await expect(auth.refreshAccessToken()).rejects.toMatchObject({
      status: 400,
      message: 'invalid_grant',
    })
  })
})

describe("Google's SDK", () => {
  let auth: OAuth2Client
  let api: drive_v3.Drive
  beforeEach(async () => {
    auth = createClient()
    await signIn(auth)
    api = createDrive(auth)
  })
  const idOf = async (name: string) => {
    const q = `name = '${name}' and trashed = false`
    const { data } = await api.files.list({ q, fields: 'files(id)', pageSize: 1 })
    return data.files?.[0]?.id ?? ''
  }

  it('reads who I am, and refuses to without fields', async () => {
    const { data } = await api.about.get({ fields: 'user,storageQuota' })
    expect(data.user?.emailAddress).toBe(ANN)
    expect(Number(data.storageQuota?.limit)).toBeGreaterThan(0)
    await expect(api.about.get()).rejects.toMatchObject({ status: 400 })
  })

  it('lists a folder page by page', async () => {
    const folder = emulators.google.addFolder(ANN, 'root', 'many')
    emulators.google.addMany(ANN, folder, 25)
    const names: (string | null | undefined)[] = []
    let pageToken: string | undefined
    do {
      const { data }: { data: drive_v3.Schema$FileList } = await api.files.list({
        q: `'${folder}' in parents and trashed = false`,
        orderBy: 'name desc',
        pageSize: 10,
        pageToken,
        fields: 'nextPageToken,files(id,name,size)',
        supportsAllDrives: true,
        includeItemsFromAllDrives: true,
      })
      names.push(...(data.files ?? []).map(({ name }) => name))
      pageToken = data.nextPageToken ?? undefined
    } while (pageToken !== undefined)
    expect(names).toHaveLength(25)
    expect(names[0]).toBe('item-00024.txt')
  })

  it('finds a name that needs escaping, and shared drives', async () => {
    const id = await idOf(String.raw`O\'Brien "quoted" #1 100% + & 🚢.txt`)
    const { data } = await api.files.get({ fileId: id, fields: 'id,name,size,md5Checksum' })
    expect(data).toMatchObject({ id, size: '10' })
    const { data: drives } = await api.drives.list({ pageSize: 100 })
    expect(drives.drives?.map(({ name }) => name)).toEqual(['Marketing'])
  })

  it('makes a folder, renames and moves into it, and deletes', async () => {
    const made = await api.files.create({
      requestBody: { name: 'New', mimeType: FOLDER, parents: ['root'] },
      fields: 'id,parents',
    })
    const folder = made.data.id ?? ''
    const report = await idOf('report.pdf')
    const moved = await api.files.update({
      fileId: report,
      addParents: folder,
      removeParents: made.data.parents?.[0],
      requestBody: { name: 'Report 2.pdf' },
      fields: 'name,parents',
    })
    expect(moved.data).toMatchObject({ name: 'Report 2.pdf', parents: [folder] })
    await api.files.update({ fileId: report, requestBody: { trashed: true } })
    expect(emulators.google.children(ANN, folder)).toEqual([])
    const deleted = await api.files.delete({ fileId: folder })
    expect(deleted.status).toBe(204)
    await expect(api.files.get({ fileId: folder })).rejects.toMatchObject({ status: 404 })
  })

  it('downloads, whole and in part', async () => {
    const fileId = await idOf('harbour.jpg')
    const whole = await api.files.get(
      { fileId, alt: 'media' },
      { responseType: 'arraybuffer', timeout: 10_000 },
    )
    const bytes = Buffer.from(whole.data as unknown as ArrayBuffer)
    expect(sha256(bytes)).toBe(await emulators.google.sha256(fileId))
    const part = await api.files.get(
      { fileId, alt: 'media' },
      { responseType: 'stream', headers: { Range: 'bytes=100000-100099' } },
    )
    expect(part.status).toBe(206)
    const some = await Readable.from(part.data as unknown as AsyncIterable<Buffer>).toArray()
    expect(Buffer.concat(some as Buffer[])).toEqual(bytes.subarray(100_000, 100_100))
  })

  it('exports a document, and refuses its media', async () => {
    const fileId = await idOf('Minutes')
    const pdf = await api.files.export({ fileId, mimeType: 'application/pdf' })
    const text = await (pdf.data as unknown as Blob).text()
    expect(text).toMatch(/^%PDF-1\.4\n[^]*Minutes as application\/pdf/)
    await expect(api.files.get({ fileId, alt: 'media' })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('Only files with binary content') as string,
    })
  })

  it('uploads bytes alone, and bytes with metadata from a text and from a stream', async () => {
    const alone = await api.files.create({ media: { mimeType: 'text/plain', body: 'alone' } })
    expect(alone.data).toMatchObject({ name: 'Untitled', mimeType: 'text/plain' })
    const text = await api.files.create({
      requestBody: { name: 'a.txt', parents: ['root'] },
      media: { mimeType: 'text/plain', body: 'line\r\n--line' },
      fields: 'id,name,size',
    })
    expect(text.data).toMatchObject({ name: 'a.txt', size: '12' })
    expect((await emulators.google.content(text.data.id ?? '')).toString()).toBe('line\r\n--line')
    const bytes = randomBytes(3 * MIB)
    const { data } = await api.files.create({
      requestBody: { name: 'b.bin' },
      media: { body: Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB)]) },
      fields: 'id,mimeType',
    })
    expect(data.mimeType).toBe('application/octet-stream')
    const id = data.id ?? ''
    expect(await emulators.google.sha256(id)).toBe(sha256(bytes))
    await api.files.update({ fileId: id, media: { mimeType: 'text/plain', body: 'shorter' } })
    expect((await emulators.google.content(id)).toString()).toBe('shorter')
  })

  it('refuses to take a large file in one request', async () => {
    const body = Readable.from([randomBytes(6 * MIB)])
    const put = api.files.create({ requestBody: { name: 'c.bin' }, media: { body } })
    await expect(put).rejects.toMatchObject({ status: 413 })
  })

  it.each([
    ['another kind of multipart', 'multipart/form-data; boundary=b', '--b\r\n\r\n{}\r\n--b--'],
    ['no boundary', 'multipart/related', '{}'],
    ['bare line ends', 'multipart/related; boundary=b', '--b\n\n{}\n--b\n\nx\n--b--'],
    ['one part', 'multipart/related; boundary=b', '--b\r\ncontent-type: a/b\r\n\r\n{}\r\n--b--'],
    ['no end', 'multipart/related; boundary=b', '--b\r\n\r\n{}\r\n--b\r\n\r\nx'],
  ])('refuses a body with %s', async (_, type, body) => {
    const answer = await network(
      'https://www.googleapis.com/upload/drive/v3/files?uploadType=multipart',
      {
        method: 'POST',
        headers: { authorization: `Bearer ${auth.credentials.access_token}`, 'content-type': type },
        body,
      },
    )
    expect(answer.status).toBe(400)
    await answer.text()
  })

  it('uploads in a resumable session, chunk by chunk', async () => {
    const bytes = randomBytes(MIB + 13)
    const opened = await auth.request({
      method: 'POST',
      url: 'https://www.googleapis.com/upload/drive/v3/files',
      params: { uploadType: 'resumable', fields: 'id,name,size' },
      headers: {
        'x-upload-content-type': 'video/mp4',
        'x-upload-content-length': String(bytes.length),
      },
      data: { name: 'clip.mp4', parents: ['root'] },
    })
    const session = opened.headers.get('location') ?? ''
    const send = (start: number, end: number) =>
      network(session, {
        method: 'PUT',
        headers: { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` },
        body: bytes.subarray(start, end),
      })
    const first = await send(0, MIB)
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${MIB - 1}`])
    const last = (await (await send(MIB, bytes.length)).json()) as { id: string }
    expect(last).toMatchObject({ name: 'clip.mp4', size: String(bytes.length) })
    expect(await emulators.google.sha256(last.id)).toBe(sha256(bytes))
    expect(emulators.google.sessions()).toEqual([])
  })
})
