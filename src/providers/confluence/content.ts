// Downloads a page as Markdown, text or HTML, and an attachment as it is.
import { discard } from '../../net/body.ts'
import { invalidField, Problem } from '../../problems/problem.ts'
import { fromStart, rangeHeader, readAnswer } from '../content-range.ts'
import type { ByteRange, Download, DownloadOptions, Session } from '../contract.ts'
import {
  baseOf,
  callSite,
  fetchSite,
  PAGE_TYPES,
  PATHS,
  strangeAnswer,
  toAttachmentEntry,
  toContentEntry,
  type Content,
} from './api.ts'
import { readRefusal } from './errors.ts'
import { parseId, type Address, type ContentKind } from './ids.ts'
import type { LinkTarget, Options } from './storage-format/document.ts'
import { toHtml } from './storage-format/html.ts'
import { toMarkdown } from './storage-format/markdown.ts'
import { PageTooLarge } from './storage-format/page-budget.ts'
import { toText } from './storage-format/text.ts'
import { getAttachment } from './way.ts'

/** Bytes of the answer that holds a page: its text is converted in memory, so there is an end to it. */
const MAX_PAGE = 2 * 1024 * 1024

type PageType = (typeof PAGE_TYPES)[number]

const CONVERTERS = { 'text/markdown': toMarkdown, 'text/plain': toText, 'text/html': toHtml }
const ENDINGS: Readonly<Record<PageType, string>> = {
  'text/markdown': '.md',
  'text/plain': '.txt',
  'text/html': '.html',
}

export async function download(
  session: Session,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  if (id === 'root') throw noContent()
  const address = parseId(id)
  const { kind } = address
  if (kind === 'attachment') return downloadAttachment(session, address, options)
  if (kind !== 'page' && kind !== 'blogpost') throw noContent()
  return downloadPage(session, { ...address, kind }, options)
}

/** Whiteboards and databases have no text that the API would give. */
const noContent = () => new Problem('not_supported', 'The item has no content of its own.')

async function downloadPage(
  session: Session,
  address: Address & { readonly kind: ContentKind },
  { format }: DownloadOptions,
): Promise<Download> {
  const type = PAGE_TYPES.find((one) => one === (format ?? PAGE_TYPES[0]))
  if (type === undefined) {
    throw invalidField('query.format', 'is not among exportable_as of this item')
  }
  const path = `${PATHS[address.kind]}/${address.id}?body-format=storage`
  const page = await fetchSite<Content>(session, address.cloudId, path, {
    limit: MAX_PAGE,
    tooLarge,
  })
  if (page.status === 'trashed') throw new Problem('item_not_found')
  const storage = page.body?.storage?.value
  if (typeof storage !== 'string') throw strangeAnswer()
  const base = baseOf(session, address.cloudId, page._links)
  const entry = toContentEntry(page, address, base)
  const links = (target: LinkTarget) => linkTo(target, page, base)
  const site = base !== undefined && URL.canParse(base) ? { site: new URL(base).origin } : {}
  const text = convert(type, storage, { title: entry.name, links, ...site })
  const bytes = new TextEncoder().encode(text)
  return {
    status: 200,
    body: new Response(bytes).body,
    length: bytes.byteLength,
    entry,
    mimeType: type,
    fileName: entry.name + ENDINGS[type],
  }
}

const tooLarge = () => new Problem('payload_too_large', 'The page is too large to be converted.')

function convert(type: PageType, storage: string, options: Options): string {
  try {
    return CONVERTERS[type](storage, options)
  } catch (error) {
    throw error instanceof PageTooLarge ? tooLarge() : error
  }
}

/** Where a link of a page leads on the site; undefined where the page does not say enough. */
function linkTo(target: LinkTarget, page: Content, base: string | undefined): string | undefined {
  if (base === undefined) return undefined
  const own = /^\/spaces\/([^/]+)\//.exec(page._links?.webui ?? '')?.[1]
  const encode = encodeURIComponent
  switch (target.kind) {
    case 'page': {
      const anchor = target.anchor === undefined ? '' : `#${encode(target.anchor)}`
      const self = page._links?.webui
      if (target.title === undefined) return self === undefined ? undefined : base + self + anchor
      const key = target.spaceKey === undefined ? own : encode(target.spaceKey)
      if (key === undefined) return undefined
      return `${base}/display/${key}/${encode(target.title)}${anchor}`
    }
    case 'blog-post': {
      const key = target.spaceKey === undefined ? own : encode(target.spaceKey)
      const day = target.postingDay
      if (key === undefined || day === undefined) return undefined
      return `${base}/display/${key}/${day.replaceAll('-', '/')}/${encode(target.title)}`
    }
    case 'attachment':
      if (target.owner !== undefined || page.id === undefined) return undefined
      return `${base}/download/attachments/${page.id}/${encode(target.fileName)}`
    case 'space':
      return `${base}/spaces/${encode(target.spaceKey)}`
    case 'user':
      return `${base}/people/${encode(target.accountId)}`
    case 'path':
      return new URL(base).origin + target.path
    case 'content':
      return `${base}/pages/viewpage.action?pageId=${encode(target.contentId)}`
  }
}

async function downloadAttachment(
  session: Session,
  address: Address,
  options: DownloadOptions,
): Promise<Download> {
  if (options.format !== undefined) {
    throw invalidField('query.format', 'does not apply: the item has bytes of its own')
  }
  const attachment = await getAttachment(session, address)
  const holder = attachment.pageId ?? attachment.blogPostId
  if (holder === undefined) throw strangeAnswer()
  const base = baseOf(session, address.cloudId, attachment._links)
  const entry = toAttachmentEntry(attachment, address.cloudId, base)
  const changed = options.ifMatch !== undefined && options.ifMatch !== entry.etag
  const range =
    changed || options.range === undefined ? undefined : fromStart(options.range, entry.size)
  // Of the version that was found, whatever comes meanwhile.
  const number = attachment.version?.number
  const version = number === undefined ? '' : `?version=${number}`
  const path = `/rest/api/content/${holder}/child/attachment/${address.id}/download${version}`
  const response = await fetchFile(session, address.cloudId, path, range)
  const answer = readAnswer(response, range)
  if (answer === undefined) {
    await discard(response)
    throw strangeAnswer()
  }
  return { ...answer, entry, mimeType: entry.mimeType, fileName: entry.name }
}

/** The gateway leads to a signed address on another host, which refuses our token. One that has ended already is replaced once. */
async function fetchFile(
  session: Session,
  cloudId: string,
  path: string,
  range: ByteRange | undefined,
): Promise<Response> {
  const headers = { 'accept-encoding': 'identity', ...(range && { range: rangeHeader(range) }) }
  for (let attempt = 1; ; attempt++) {
    const redirect = await callSite(session, cloudId, path)
    const location = redirect.headers.get('location')
    await discard(redirect)
    if (location === null) throw strangeAnswer()
    const response = await session.anonymous({ url: location, headers, redirect: 'follow' })
    if (response.status === 200 || response.status === 206) return response
    const ended = [401, 403, 404, 410].includes(response.status)
    if (!ended || attempt === 2) {
      const refusal = await readRefusal(response, 'read:attachment:confluence', session.now())
      throw ended ? new Problem('provider_unavailable', 'The file could not be fetched.') : refusal
    }
    await discard(response)
  }
}
