// Streams a file down with GET (RFC 9110), after PROPFIND has said what it is; without it where GET shows the version that was listed.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { rangeHeader, readAnswer, unsatisfiable } from '../content-range.ts'
import type { ByteRange, Download, DownloadOptions, Entry, Session } from '../contract.ts'
import { davProblem, getResource, toEntry, urlOf, type Dialect } from './dav.ts'
import { notWebdav, readEtag } from './multistatus.ts'
import { fromId, type DavPath } from './paths.ts'

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
  dialect?: Dialect,
): Promise<Download> {
  const path = fromId(id)
  const listed = await downloadListed(session, path, options)
  if (listed !== undefined) return listed
  const resource = await getResource(session, path, dialect)
  const entry = toEntry(resource, path, dialect)
  if (entry.isFolder) throw new Problem('not_supported', 'A folder has no content.')
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const changed = options.ifMatch !== undefined && options.ifMatch !== entry.etag
  const range = changed ? undefined : options.range
  const url = urlOf(session, path)
  const response = await get(session, url, range, entry.size)
  const tag = readEtag(response.headers.get('etag'))
  if (resource.etag === null || tag === null || tag === resource.etag) {
    return readDownload(response, entry, range)
  }
  // Replaced between the two requests: a piece of it would be put beside pieces of the old one.
  const isPart = response.status === 206
  if (isPart) await discard(response)
  const answer = isPart ? await get(session, url, undefined, entry.size) : response
  // Some servers have one tag for PROPFIND and another for GET: what the former says is what counts.
  const now = await getResource(session, path, dialect).catch(async (error: unknown) => {
    await discard(answer)
    throw error
  })
  return readDownload(answer, toEntry(now, path, dialect), undefined)
}

/** Servers whose GET has other tags than their PROPFIND, or none: they are not asked in vain for each file. */
const unlike = new WeakSet<Session>()

/** Undefined where the answer does not show that the file is what it was when it was listed. */
async function downloadListed(
  session: Session,
  path: DavPath,
  { known, range, ifMatch, format }: DownloadOptions,
): Promise<Download | undefined> {
  if (known === undefined || known.etag === null || known.isFolder) return undefined
  if ((ifMatch ?? known.etag) !== known.etag || format !== undefined || unlike.has(session)) {
    return undefined
  }
  const response = await get(session, urlOf(session, path), range, known.size).catch(
    (error: unknown) => {
      // Its size may be another by now.
      if (error instanceof Problem && error.code === 'range_not_satisfiable') return undefined
      throw error
    },
  )
  if (response === undefined) return undefined
  if (readEtag(response.headers.get('etag')) === known.etag) {
    return readDownload(response, known, range)
  }
  unlike.add(session)
  await discard(response)
  return undefined
}

async function get(
  session: Session,
  url: string,
  range: ByteRange | undefined,
  size: number | null,
): Promise<Response> {
  const response = await session.http({
    url,
    // Compressed on the way, neither length nor range would hold.
    headers: { 'accept-encoding': 'identity', ...(range && { range: rangeHeader(range) }) },
    deadline: 30_000,
    redirect: 'follow',
  })
  if (response.status === 200 || response.status === 206) return response
  if (response.status === 416 && size !== null) {
    // Apache leaves out the size that RFC 9110 section 15.5.17 asks for.
    await discard(response)
    throw unsatisfiable(size)
  }
  throw await davProblem(session, response)
}

async function readDownload(
  response: Response,
  entry: Entry,
  range: ByteRange | undefined,
): Promise<Download> {
  const answer = readAnswer(response, range)
  // A sign-in page in place of the file has another size.
  const isOther = answer?.status === 200 && isHtml(response) && differs(answer.length, entry.size)
  if (answer === undefined || isOther) {
    await discard(response)
    throw notWebdav()
  }
  return { ...answer, entry, mimeType: entry.mimeType, fileName: entry.name }
}

const differs = (length: number | null, size: number | null) =>
  length !== null && size !== null && length !== size

const isHtml = (response: Response) =>
  (response.headers.get('content-type') ?? '').startsWith('text/html')
