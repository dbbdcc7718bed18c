// The Nextcloud emulator lists, writes and searches files as a Nextcloud server does, and refuses what that refuses.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { asking, clientOf, hrefsIn, refusal, statusOf, type Client } from './nextcloud-client.ts'

const FILES = '/remote.php/dav/files/mia'
const XML = { 'content-type': 'application/xml; charset=utf-8' }

let emulators: Emulators
let mia: Client
beforeAll(async () => {
  emulators = await startEmulators({ port: 0 })
})
afterAll(() => emulators.close())
beforeEach(() => {
  emulators.reset()
  mia = clientOf(emulators, 'mia')
})

const put = (path: string, body: string, headers: Record<string, string> = {}) =>
  mia(FILES + path, { method: 'PUT', body, headers })
const propfind = (client: Client, path: string, depth: '0' | '1', ...props: string[]) =>
  client(path, { method: 'PROPFIND', headers: { ...XML, depth }, body: asking(...props) })

describe('listing', () => {
  it('has the properties of files, folders, shares and mounts', async () => {
    const props = [
      'oc:fileid',
      'oc:id',
      'oc:permissions',
      'oc:size',
      'oc:checksums',
      'nc:mount-type',
    ]
    const xml = await (await propfind(mia, `${FILES}/`, '1', ...props, 'nc:is-encrypted')).text()
    expect(hrefsIn(xml)[0]).toBe('/nextcloud/remote.php/dav/files/mia/')
    const entry = (name: string) =>
      xml.split('<d:response>').find((part) => part.includes(`/mia/${name}<`)) ?? ''
    expect(entry('Readme.md')).toMatch(/>RGDNVW<[\s\S]*404 Not Found/)
    expect(entry('Documents/')).toContain('>RGDNVCK<')
    expect(entry('From%20Ida/')).toMatch(/>SGDNV<[\s\S]*>shared</)
    expect(entry('Harbour%20archive/')).toMatch(/>RMGCK<[\s\S]*>external</)
    expect(entry('Private/')).toMatch(/is-encrypted[^>]*>1</)
  })

  it('keeps odd names apart', async () => {
    const answer = await propfind(mia, `${FILES}/Odd%20names/`, '1', 'd:getcontentlength')
    const names = hrefsIn(await answer.text()).map((href) => href.split('/').at(-1))
    expect(names).toEqual([
      '',
      '100% sure.txt',
      '%41 is not A.txt',
      'a + b.txt',
      '#1 hit.txt',
      'Grüße 🚢 & (more); what?.txt',
    ])
    const read = (name: string) => mia(`${FILES}/Odd%20names/${encodeURIComponent(name)}`)
    expect(await (await read('%41 is not A.txt')).text()).toBe('an escape\n')
    expect(await statusOf(mia(`${FILES}/Odd%20names/100% sure.txt`))).toBe(400)
    expect(await statusOf(mia(`${FILES}/Odd%20names/what?.txt`))).toBe(400)
  })

  it('lists nothing for another account, and 404 for no account', async () => {
    const other = await propfind(mia, '/remote.php/dav/files/ida/', '1', 'd:getetag')
    expect(other.status).toBe(207)
    expect(hrefsIn(await other.text())).toEqual(['/nextcloud/remote.php/dav/files/ida/'])
    const ida = clientOf(emulators, 'ida@example.com', 'pässwörd:1')
    const byLogin = '/remote.php/dav/files/ida%40example.com/'
    expect(await statusOf(propfind(ida, byLogin, '1', 'd:getetag'))).toBe(404)
    emulators.nextcloud.settings.wrongHome = 'empty'
    expect(await statusOf(propfind(ida, byLogin, '1', 'd:getetag'))).toBe(207)
    const write = { method: 'PUT', body: 'x' }
    expect(await statusOf(mia('/remote.php/dav/files/ida/x.txt', write))).toBe(403)
  })

  it('changes the ETag of every folder above a change', async () => {
    const etag = async (path: string) =>
      /"[^<]*/.exec(
        (await (await propfind(mia, FILES + path, '0', 'd:getetag')).text())
          .split('getetag>')[1]
          ?.replaceAll('&quot;', '"') ?? '',
      )?.[0]
    const before = [await etag('/'), await etag('/Documents/2026/'), await etag('/Photos/')]
    await put('/Documents/2026/Q1/new.txt', 'new')
    const after = [await etag('/'), await etag('/Documents/2026/'), await etag('/Photos/')]
    expect(after[0]).not.toBe(before[0])
    expect(after[1]).not.toBe(before[1])
    expect(after[2]).toBe(before[2])
  })
})

describe('writing', () => {
  it('takes a file with its time and checksum', async () => {
    const sha1 = createHash('sha1').update('hello').digest('hex')
    const headers = {
      'x-oc-mtime': '1675789581',
      'oc-checksum': `SHA1:${sha1}`,
      'x-hash': 'sha256',
    }
    const answer = await put('/Empty/hello.txt', 'hello', headers)
    expect(answer.status).toBe(201)
    expect(answer.headers.get('x-oc-mtime')).toBe('accepted')
    expect(answer.headers.get('oc-fileid')).toMatch(/^\d{8}oc/)
    expect(answer.headers.get('etag')).toBe(answer.headers.get('oc-etag'))
    expect(answer.headers.get('x-hash-sha256')).toBe(
      createHash('sha256').update('hello').digest('hex'),
    )
    const item = emulators.nextcloud.item('mia', '/Empty/hello.txt')
    expect(item?.modified).toEqual(new Date(1_675_789_581_000))
    const xml = await (await propfind(mia, `${FILES}/Empty/hello.txt`, '0', 'oc:checksums')).text()
    expect(xml).toContain(`SHA1:${sha1}`)
    expect(await statusOf(put('/Empty/hello.txt', 'again'))).toBe(204)
    expect(emulators.nextcloud.item('mia', '/Empty/hello.txt')?.fileId).toBe(item?.fileId)
  })

  it('refuses what it cannot take', async () => {
    expect(await statusOf(put('/Readme.md', 'x', { 'if-none-match': '*' }))).toBe(412)
    expect(await statusOf(put('/nowhere/x.txt', 'x'))).toBe(409)
    expect(await statusOf(put('/nowhere/x.txt', 'x', { 'x-nc-webdav-automkcol': '1' }))).toBe(201)
    expect(await statusOf(put('/x.txt', 'x', { 'x-oc-mtime': 'today' }))).toBe(500)
    expect(await statusOf(put('/x.txt', 'x', { 'content-range': 'bytes 0-0/1' }))).toBe(400)
    expect(await statusOf(put('/a%5Cb.txt', 'x'))).toBe(400)
    expect(await statusOf(put('/x.txt.part', 'x'))).toBe(400)
    expect(await statusOf(put('/.htaccess', 'x'))).toBe(400)
    expect(await statusOf(put('/From%20Ida/x.txt', 'x'))).toBe(403)
    expect(await statusOf(put('/Private/x.txt', 'x'))).toBe(403)
    emulators.nextcloud.settings.locked = ['/Readme.md']
    expect(await statusOf(put('/Readme.md', 'x'))).toBe(423)
    emulators.nextcloud.settings.verifyChecksums = true
    const wrong = { 'oc-checksum': `SHA1:${'0'.repeat(40)}` }
    expect(await statusOf(put('/x.txt', 'x', wrong))).toBe(400)
    expect(emulators.nextcloud.item('mia', '/x.txt')).toBeUndefined()
    const full = clientOf(emulators, 'full')
    const body = new Uint8Array(1_100_000)
    const answer = full('/remote.php/dav/files/full/more.bin', { method: 'PUT', body })
    expect((await refusal(answer))[0]).toBe(507)
  })

  it('makes, moves and copies as sabre does', async () => {
    const base = emulators.url + emulators.nextcloud.webRoot + FILES
    const make = (path: string) => statusOf(mia(FILES + path, { method: 'MKCOL' }))
    const move = (
      from: string,
      to: string,
      headers: Record<string, string> = {},
      method = 'MOVE',
    ) => statusOf(mia(FILES + from, { method, headers: { destination: base + to, ...headers } }))
    expect(await make('/New')).toBe(201)
    expect(await make('/New')).toBe(405)
    expect(await make('/no/New')).toBe(409)
    expect(await statusOf(mia(`${FILES}/Readme.md`, { method: 'MOVE' }))).toBe(400)
    expect(await move('/Readme.md', '/Readme.md')).toBe(403)
    expect(await move('/Documents', '/Documents/in')).toBe(409)
    expect(await move('/Readme.md', '/no/Readme.md')).toBe(409)
    expect(await move('/Readme.md', '/Photos/harbour.jpg', { overwrite: 'F' })).toBe(412)
    expect(await move('/Readme.md', '/New/a.md', { overwrite: 'maybe' })).toBe(400)
    expect(
      await move('/Readme.md', '/New/a.md', { destination: '/remote.php/dav/files/mia/a' }),
    ).toBe(403)
    const before = emulators.nextcloud.item('mia', '/Readme.md')?.fileId
    expect(await move('/Readme.md', '/New/a.md', { overwrite: 'F' })).toBe(201)
    expect(emulators.nextcloud.item('mia', '/New/a.md')?.fileId).toBe(before)
    expect(await move('/New/a.md', '/New/b.md', {}, 'COPY')).toBe(201)
    expect(await move('/Harbour%20archive/', '/elsewhere')).toBe(403)
    expect(await move('/From%20Ida/shared.txt', '/mine.txt')).toBe(403)
  })

  it('keeps what is deleted in the bin', async () => {
    const bin = '/remote.php/dav/trashbin/mia'
    expect(await statusOf(mia(`${FILES}/Documents/notes.txt`, { method: 'DELETE' }))).toBe(204)
    expect(await statusOf(mia(`${FILES}/Documents/notes.txt`, { method: 'DELETE' }))).toBe(404)
    expect(emulators.nextcloud.trash('mia')).toEqual(['/Documents/notes.txt'])
    const listed = await propfind(mia, `${bin}/trash`, '1', 'nc:trashbin-original-location')
    const xml = await listed.text()
    expect(xml).toContain('>Documents/notes.txt<')
    const [, item = ''] = hrefsIn(xml)
    const destination = `${emulators.url}/nextcloud${bin}/restore/notes.txt`
    const path = item.replace('/nextcloud', '')
    expect(await statusOf(mia(path, { method: 'MOVE', headers: { destination } }))).toBe(201)
    expect((await emulators.nextcloud.content('mia', '/Documents/notes.txt')).toString()).toContain(
      'Milk',
    )
    expect(await statusOf(mia(`${FILES}/Harbour%20archive/`, { method: 'DELETE' }))).toBe(403)
  })
})

describe('SEARCH', () => {
  const query = (where: string, href = '/files/mia', extra = '') =>
    `<?xml version="1.0"?><d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:basicsearch>
<d:select><d:prop><d:displayname/><oc:fileid/></d:prop></d:select>
<d:from><d:scope><d:href>${href}</d:href><d:depth>infinity</d:depth></d:scope></d:from>
<d:where>${where}</d:where>${extra}</d:basicsearch></d:searchrequest>`
  const like = (text: string) =>
    `<d:like><d:prop><d:displayname/></d:prop><d:literal>${text}</d:literal></d:like>`
  const search = (body: string, path = '/remote.php/dav/', type = 'text/xml') =>
    mia(path, { method: 'SEARCH', headers: { 'content-type': type }, body })

  it('finds by name below a folder, sorted and limited', async () => {
    const found = async (body: string) =>
      hrefsIn(await (await search(body)).text()).map((href) => href.split('/mia')[1])
    expect(await found(query(like('%BUDGET%')))).toEqual(['/Documents/2026/Q1/budget.bin'])
    const sorted =
      '<d:orderby><d:order><d:prop><oc:size/></d:prop><d:descending/></d:order></d:orderby><d:limit><d:nresults>2</d:nresults></d:limit>'
    expect(await found(query(like('%.%'), '/files/mia/Documents', sorted))).toEqual([
      '/Documents/2026/Q1/budget.bin',
      '/Documents/report.pdf',
    ])
  })

  it('refuses what is no search', async () => {
    expect(await statusOf(search(query(like('%')), `${FILES}/`))).toBe(501)
    expect(await statusOf(search(query(like('%')), '/remote.php/dav/', 'text/plain'))).toBe(501)
    expect(await statusOf(search('<d:searchrequest xmlns:d="DAV:"/>'))).toBe(400)
    expect(await statusOf(search(query(like('%'), '/calendars/mia')))).toBe(400)
    const unknown = '<d:eq><d:prop><d:getetag/></d:prop><d:literal>x</d:literal></d:eq>'
    expect(await statusOf(search(query(unknown)))).toBe(400)
  })
})
