// Answers below remote.php/dav/trashbin: list, restore, purge.
import { DavError } from './dav-request.ts'
import { attach, detach, findNode, type DavNode } from './dav-tree.ts'
import { nc, describe } from './nextcloud-properties.ts'
import { entries, readPropfind, refuseMethod } from './nextcloud-propfind.ts'
import {
  encodeSegment,
  readDestination,
  refuseForeign,
  type NextcloudRequest,
} from './nextcloud-request.ts'
import { notFound } from './nextcloud-errors.ts'
import { propagate, type TrashItem } from './nextcloud-state.ts'

// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/trashbin.html

/** Dispatches a request for a user's bin. */
export async function answerTrash(request: NextcloudRequest): Promise<Response> {
  const { location, account, method, state } = request
  refuseForeign(location, account)
  const [area, name, ...rest] = location.segments
  if (area !== 'trash' || rest.length > 0) throw notFound(location.segments.join('/'))
  const bin = state.bins.get(account.id) ?? []
  const item = bin.find((one) => one.name === name)
  if (name !== undefined && !item) throw notFound(name)
  if (method === 'PROPFIND') return list(request, bin, item)
  if (method === 'DELETE') {
    for (const gone of item ? [item] : bin) detach(gone.node)
    bin.splice(item ? bin.indexOf(item) : 0, item ? 1 : bin.length)
    return new Response(null, { status: 204 })
  }
  if (method === 'MOVE' && item) return restore(request, bin, item)
  return refuseMethod(method)
}

async function list(
  request: NextcloudRequest,
  bin: readonly TrashItem[],
  only: TrashItem | undefined,
): Promise<Response> {
  const { depth, asked } = await readPropfind(request)
  const { state, account, location } = request
  const base = `${location.base}trash/`
  const items: (TrashItem | undefined)[] = only
    ? [only]
    : depth === 1
      ? [undefined, ...bin]
      : [undefined]
  return entries(items, (item) => {
    if (!item) {
      const found = [{ ns: 'DAV:', local: 'resourcetype', children: [{ local: 'collection' }] }]
      return { href: base, found, missing: [] }
    }
    const extras: Record<string, string> = {
      'trashbin-filename': item.node.name,
      'trashbin-original-location': item.location,
      'trashbin-deletion-time': String(item.deletedAt),
    }
    const entry = describe({ state, account, base }, item.node, asked, ({ ns, local }) =>
      ns === nc ? extras[local] : undefined,
    )
    const slash = item.node.kind === 'folder' ? '/' : ''
    return { ...entry, href: `${base}${encodeSegment(item.name)}${slash}` }
  })
}

/** A MOVE to `restore/anything` puts the item where it was, or to the top where that folder is gone. */
function restore(request: NextcloudRequest, bin: TrashItem[], item: TrashItem): Response {
  const { state, account } = request
  const destination = readDestination(request)
  refuseForeign(destination, account)
  if (destination.area !== 'trashbin' || destination.segments[0] !== 'restore') {
    throw new DavError(403, 'An item of the bin can only be restored')
  }
  const home = state.home(account.id)
  const segments = item.location.split('/')
  const wanted = findNode(home, segments.slice(0, -1))
  const parent = wanted?.kind === 'folder' ? wanted : home
  item.node.name = freeName(item.node, new Set(parent.children.keys()))
  attach(parent, item.node)
  propagate(parent)
  bin.splice(bin.indexOf(item), 1)
  return new Response(null, { status: 201 })
}

function freeName({ name, kind }: DavNode, taken: ReadonlySet<string>): string {
  const dot = kind === 'file' ? name.lastIndexOf('.') : -1
  const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  let candidate = name
  for (let count = 1; taken.has(candidate); count += 1) {
    candidate = `${stem} (restored${count > 1 ? ` ${count}` : ''})${end}`
  }
  return candidate
}
