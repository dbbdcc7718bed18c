// Answers SEARCH (RFC 5323, basicsearch) over a folder of the user's files, with the properties that Nextcloud can search.
import { SaxesParser } from 'saxes'
import { readText } from './dav-propfind.ts'
import { DavError, decodeSegment } from './dav-request.ts'
import { findNode, sumBytes, type DavFolder, type DavNode } from './dav-tree.ts'
import { typeOf } from './dav-properties.ts'
import { dav } from './dav-xml.ts'
import { notFound } from './nextcloud-errors.ts'
import { describe, oc } from './nextcloud-properties.ts'
import { entries, refuseMethod } from './nextcloud-propfind.ts'
import { encodeSegment, treeOf, type NextcloudRequest } from './nextcloud-request.ts'
import type { NextcloudState } from './nextcloud-state.ts'

// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/search.html

interface Element {
  readonly ns: string
  readonly local: string
  readonly children: Element[]
  text: string
}

type Test = (node: DavNode) => boolean
type Value = string | number

/** Properties by their full name; what cannot be sorted by is left out of `SORTABLE`. */
const SORTABLE = ['displayname', 'getcontenttype', 'getlastmodified', 'size', 'favorite']

/** A 207 with the nodes that match, in order. */
export async function search(request: NextcloudRequest): Promise<Response> {
  const { state, account, webRoot, location } = request
  const type = request.header('content-type') ?? ''
  // The plugin looks at nothing but XML for the root, and nobody else answers SEARCH: icewind/searchdav.
  if (location.area !== 'root' || !/^(?:text|application)\/xml\b/i.test(type)) {
    return refuseMethod('SEARCH on this')
  }
  const query = child(parse(await readText(request.body)), 'basicsearch')
  const selected = child(child(query, 'select'), 'prop').children
  const scope = child(child(query, 'from'), 'scope')
  const depth = child(scope, 'depth').text.trim()
  if (!['0', '1', 'infinity'].includes(depth)) throw new DavError(400, 'depth is 0, 1 or infinity')
  const folder = findScope(request, child(scope, 'href').text.trim())
  const where = child(query, 'where')
  const test = where.children[0] ? readTest(state, where.children[0]) : () => true
  const limit = readLimit(query)
  const found = [...below(folder, depth)].filter(test)
  sort(state, found, query)
  const base = `${webRoot}/remote.php/dav/files/${encodeSegment(account.id)}/`
  const shown = limit === undefined ? found : found.slice(0, limit)
  return entries(shown, (node) =>
    describe({ state, account, base }, node, { kind: 'prop', props: selected }),
  )
}

function parse(text: string): Element {
  const root: Element = { ns: '', local: '', children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser({ xmlns: true })
  parser.on('doctype', () => {
    throw new DavError(400, 'A DTD')
  })
  parser.on('opentag', ({ uri: ns, local }) => {
    const element: Element = { ns, local, children: [], text: '' }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('text', (part) => {
    const last = open.at(-1)
    if (last) last.text += part
  })
  parser.on('closetag', () => void open.pop())
  try {
    parser.write(text).close()
  } catch (cause) {
    throw cause instanceof DavError ? cause : new DavError(400, 'Not well-formed XML')
  }
  return child(root, 'searchrequest')
}

function child(element: Element, local: string): Element {
  const found = element.children.find((one) => one.ns === dav && one.local === local)
  if (!found) throw new DavError(400, `{DAV:}${local} is missing`)
  return found
}

/** The scope is a path below the dav root, `/files/{user}/...`, or the same as a URL of this server. */
function findScope(request: NextcloudRequest, href: string): DavFolder {
  const root = `${request.webRoot}/remote.php/dav`
  const path = (href.startsWith(request.origin) ? href.slice(request.origin.length) : href).replace(
    root,
    '',
  )
  const [area, owner, ...rest] = path.split('/').filter(Boolean).map(decodeSegment)
  if (area !== 'files' || owner === undefined) {
    throw new DavError(400, `Search not supported on '${href}'`)
  }
  const found = findNode(treeOf(request.state, request.account, owner), rest)
  if (found?.kind !== 'folder') throw notFound(href)
  return found
}

function* below(folder: DavFolder, depth: string): Generator<DavNode> {
  if (depth === '0') return
  for (const node of folder.children.values()) {
    yield node
    if (node.kind === 'folder' && depth === 'infinity') yield* below(node, depth)
  }
}

function readTest(state: NextcloudState, element: Element): Test {
  if (element.ns !== dav) throw new DavError(400, `Unknown operator ${element.local}`)
  const tests = () => element.children.map((one) => readTest(state, one))
  switch (element.local) {
    case 'and': {
      const all = tests()
      return (node) => all.every((test) => test(node))
    }
    case 'or': {
      const any = tests()
      return (node) => any.some((test) => test(node))
    }
    case 'not': {
      const [first] = tests()
      if (!first) throw new DavError(400, 'not needs an operand')
      return (node) => !first(node)
    }
    case 'is-collection':
      return ({ kind }) => kind === 'folder'
    case 'eq':
    case 'like':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return readComparison(state, element)
    default:
      throw new DavError(400, `Unknown operator ${element.local}`)
  }
}

function readComparison(state: NextcloudState, element: Element): Test {
  const [property] = child(element, 'prop').children
  if (!property) throw new DavError(400, 'A comparison needs a property')
  const literal = child(element, 'literal').text
  const read = readerOf(state, property)
  const sample = read(state.home(state.accounts[0]?.id ?? ''))
  const wanted = toValue(property, literal, sample)
  switch (element.local) {
    case 'like': {
      const pattern = literal
        .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('%', '.*')
        .replaceAll('_', '.')
      const regex = new RegExp(`^${pattern}$`, 'isu')
      return (node) => regex.test(String(read(node)))
    }
    case 'eq':
      return (node) => read(node) === wanted
    case 'gt':
      return (node) => read(node) > wanted
    case 'gte':
      return (node) => read(node) >= wanted
    case 'lt':
      return (node) => read(node) < wanted
    default:
      return (node) => read(node) <= wanted
  }
}

function toValue(property: Element, literal: string, sample: Value): Value {
  if (typeof sample === 'string') return literal
  const value = property.local === 'getlastmodified' ? Date.parse(literal) : Number(literal)
  if (Number.isNaN(value)) throw new DavError(400, `No value of ${property.local}: ${literal}`)
  return value
}

/** @throws DavError 400 for a property that is not searchable */
function readerOf(state: NextcloudState, { ns, local }: Element): (node: DavNode) => Value {
  switch (`${ns} ${local}`) {
    case `${dav} displayname`:
      return (node) => node.name
    case `${dav} getcontenttype`:
      return (node) => (node.kind === 'file' ? typeOf(node.name) : 'httpd/unix-directory')
    case `${dav} getlastmodified`:
      return (node) => node.modified.getTime()
    case `${oc} size`:
      return sumBytes
    case `${oc} favorite`:
      return () => 0
    case `${oc} fileid`:
      return (node) => state.traitsOf(node).fileId
    default:
      throw new DavError(400, `requested property is not available for search: {${ns}}${local}`)
  }
}

function sort(state: NextcloudState, nodes: DavNode[], query: Element): void {
  const orderby = query.children.find((one) => one.ns === dav && one.local === 'orderby')
  // One property and its direction side by side, or each pair in an `order` (RFC 5323 section 5.6).
  const orders = orderby?.children.filter(({ local }) => local === 'order') ?? []
  const pairs = orders.length > 0 ? orders : orderby && orderby.children.length > 0 ? [orderby] : []
  for (const pair of [...pairs].reverse()) {
    const [property] = child(pair, 'prop').children
    if (!property || !SORTABLE.includes(property.local)) {
      throw new DavError(400, 'requested order by property is not a valid property')
    }
    const read = readerOf(state, property)
    const sign = pair.children.some(({ local }) => local === 'descending') ? -1 : 1
    nodes.sort((one, other) => {
      const [left, right] = [read(one), read(other)]
      return left < right ? -sign : left > right ? sign : 0
    })
  }
}

function readLimit(query: Element): number | undefined {
  const limit = query.children.find((one) => one.ns === dav && one.local === 'limit')
  if (!limit) return undefined
  const text = child(limit, 'nresults').text.trim()
  if (!/^\d+$/.test(text)) throw new DavError(400, 'nresults is a number')
  return Number(text)
}
