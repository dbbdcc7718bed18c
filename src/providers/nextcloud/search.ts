// Finds files by a part of their name with SEARCH (RFC 5323), as Nextcloud understands it.
// Source: docs.nextcloud.com, developer manual, "WebDAV search".
import type { Entry, Page, SearchOptions, Session } from '../contract.ts'
import { davProblem, toEntry } from '../webdav/dav.ts'
import { readMultistatus } from '../webdav/multistatus.ts'
import { canonicalSegment, decodeSegment, nameOf } from '../webdav/paths.ts'
import { filesUrl, serverOf, userOf } from './session.ts'

/** Servers have no pages for searches that all of them agree on: so many are asked for, and shown page by page. */
const MAX_RESULTS = 1000

export async function search(session: Session, options: SearchOptions): Promise<Page> {
  const base = serverOf(session)
  const response = await session.http({
    url: `${base}remote.php/dav/`,
    method: 'SEARCH',
    headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'application/xml, text/xml' },
    body: searchBody(userOf(session), options),
    deadline: 30_000,
    replay: true,
  })
  if (response.status !== 207) throw await davProblem(session, response)
  const root = segmentsOf(new URL(filesUrl(base, userOf(session))).pathname)
  const wanted = fold(options.query)
  const entries: Entry[] = []
  for await (const resource of readMultistatus(response)) {
    const segments = segmentsOf(resource.href.replace(/^https?:\/\/[^/]*/, ''))
    const below = root.every((segment, at) => {
      const other = segments[at] ?? ''
      return segment === other || decodeSegment(segment) === decodeSegment(other)
    })
    if (!below || segments.length <= root.length) continue
    const path = segments.slice(root.length).map(canonicalSegment).join('/')
    // `%` and `_` stand for anything in the pattern, and mean themselves in what was typed.
    if (!fold(nameOf(path)).includes(wanted)) continue
    entries.push(toEntry(resource, path))
  }
  const skip = Number(/^\d{1,4}$/.exec(options.cursor ?? '0')?.[0] ?? 0)
  const end = skip + options.limit
  return {
    entries: entries.slice(skip, end),
    cursor: end < entries.length ? String(end) : null,
  }
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()

const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '')

function searchBody(userId: string, { query }: SearchOptions): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<d:searchrequest xmlns:d="DAV:"><d:basicsearch>
<d:select><d:prop><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/><d:getcontenttype/></d:prop></d:select>
<d:from><d:scope><d:href>/files/${escapeXml(encodeURIComponent(userId))}</d:href><d:depth>infinity</d:depth></d:scope></d:from>
<d:where><d:like><d:prop><d:displayname/></d:prop><d:literal>%${escapeXml(query)}%</d:literal></d:like></d:where>
<d:orderby/>
<d:limit><d:nresults>${MAX_RESULTS}</d:nresults></d:limit>
</d:basicsearch></d:searchrequest>`
}

/** Control characters cannot stand in XML at all. */
function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u001f]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
