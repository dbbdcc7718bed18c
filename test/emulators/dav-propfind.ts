// Answers PROPFIND, PROPPATCH and OPTIONS; a multistatus is written while it is sent.
import { findTarget, DavError, type DavRequest } from './dav-request.ts'
import { partsOf } from './content.ts'
import { answerOddly } from './dav-odd.ts'
import { describe, hrefOf } from './dav-properties.ts'
import type { DavNode } from './dav-tree.ts'
import { createWriter, dav, parsePropfind, parseProppatch, type Item } from './dav-xml.ts'

const allNames = [
  'resourcetype',
  'displayname',
  'getlastmodified',
  'creationdate',
  'getcontentlength',
  'getcontenttype',
  'getetag',
]

/** A 207 for the item and, with Depth: 1, what is in it (RFC 4918 section 9.1). */
export async function propfind(request: DavRequest): Promise<Response> {
  const { settings } = request
  const depth = readDepth(request)
  const asked = parsePropfind(await readXml(request))
  const node = findTarget(request)
  const odd = answerOddly(settings.answer)
  if (odd) return odd
  const names = asked.props.length > 0 ? asked.props : allNames.map((local) => ({ ns: dav, local }))
  const toItem = (of: DavNode): Item => describe(request, of, names, asked.kind)
  return multistatus(request, inOrder(node, depth, settings.self), toItem)
}

function* inOrder(node: DavNode, depth: 0 | 1, self: 'first' | 'last' | 'absent') {
  // With Depth: 0 the item is the only entry: it cannot be absent.
  if (self === 'first' || depth === 0) yield node
  if (depth === 1 && node.kind === 'folder') yield* [...node.children.values()]
  if (self === 'last' && depth === 1) yield node
}

/** PROPPATCH: no property here can be changed, and each is told so (RFC 4918 section 9.2). */
export async function proppatch(request: DavRequest): Promise<Response> {
  const forbidden = parseProppatch(await readXml(request))
  const node = findTarget(request)
  return multistatus(request, [node], (of) => ({ href: hrefOf(request, of), forbidden }))
}

/** OPTIONS with the compliance classes; LOCK and UNLOCK are not among the methods. */
export function options(request: DavRequest): Response {
  const headers = new Headers({
    allow: 'OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE',
  })
  if (request.settings.davHeader !== undefined) headers.set('dav', request.settings.davHeader)
  return new Response(null, { status: 200, headers })
}

/** A multistatus, written while it is sent: a folder of 50,000 entries is never one string. */
export function multistatus<T>(
  request: Pick<DavRequest, 'settings'>,
  nodes: Iterable<T>,
  toItem: (node: T) => Item,
): Response {
  const writer = createWriter(request.settings)
  const iterator = nodes[Symbol.iterator]()
  const encoder = new TextEncoder()
  let text = writer.start
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      for (let count = 0; count < 250; count += 1) {
        const step = iterator.next()
        if (step.done) {
          controller.enqueue(encoder.encode(text + writer.end))
          controller.close()
          return
        }
        text += writer.item(toItem(step.value))
      }
      controller.enqueue(encoder.encode(text))
      text = ''
    },
  })
  return new Response(body, {
    status: 207,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
  })
}

function readDepth(request: DavRequest): 0 | 1 {
  const depth = request.header('depth')?.toLowerCase() ?? 'infinity'
  if (depth === '0') return 0
  if (depth === '1') return 1
  if (depth !== 'infinity') throw new DavError(400, 'Depth is 0, 1 or infinity')
  if (request.settings.infiniteDepth === 'as-one') return 1
  throw new DavError(403, 'Depth: infinity is refused', 'propfind-finite-depth')
}

/** The XML body of a request as text: at most 64 KiB, of an XML media type. */
async function readXml(request: DavRequest): Promise<string> {
  const text = await readText(request.body)
  const type = request.header('content-type') ?? ''
  if (text !== '' && !/^(application|text)\/xml\s*(;|$)/i.test(type)) {
    throw new DavError(415, 'The body is not of an XML media type')
  }
  return text
}

/** A body as text. @throws DavError 413 above 64 KiB */
export async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of partsOf(body)) {
    size += part.length
    if (size <= 65_536) parts.push(part)
  }
  if (size > 65_536) throw new DavError(413, 'The XML body is too large')
  return Buffer.concat(parts).toString('utf8')
}
