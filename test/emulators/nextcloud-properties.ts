// Says which properties a file or folder of a Nextcloud home has, and what the user may do with it.
import { sumBytes, type DavNode } from './dav-tree.ts'
import { typeOf } from './dav-properties.ts'
import { dav, type Item, type Prop, type PropName } from './dav-xml.ts'
import { hrefOf } from './nextcloud-request.ts'
import type { NextcloudAccount, NextcloudState } from './nextcloud-state.ts'

// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/basic.html#supported-properties

export const oc = 'http://owncloud.org/ns'
export const nc = 'http://nextcloud.org/ns'

/** Behind the padded file id in `oc:id` and OC-FileId. */
const INSTANCE_ID = 'ocharbour42x'

/** Who asks, and where the hrefs of what is described start. */
export interface View {
  readonly state: NextcloudState
  readonly account: NextcloudAccount
  readonly base: string
}

/** What a PROPFIND without a list gets: five properties, and for folders the quota. */
const STANDARD = [
  'getlastmodified',
  'getcontentlength',
  'resourcetype',
  'getetag',
  'getcontenttype',
]
const QUOTA = ['quota-used-bytes', 'quota-available-bytes']

/** A node as an entry of a multistatus. */
export function describe(
  view: View,
  node: DavNode,
  asked: { readonly kind: string; readonly props: readonly PropName[] },
  extra: (name: PropName) => string | undefined = () => undefined,
): Item {
  const standard = node.kind === 'folder' ? [...STANDARD, ...QUOTA] : STANDARD
  const named = asked.kind === 'prop'
  const names = named ? asked.props : standard.map((local) => ({ ns: dav, local }))
  const found: Prop[] = []
  const missing: PropName[] = []
  for (const name of names) {
    const given = extra(name)
    const prop = given === undefined ? property(view, node, name) : { ...name, text: given }
    if (prop) found.push(asked.kind === 'propname' ? { ns: name.ns, local: name.local } : prop)
    else if (named) missing.push({ ns: name.ns, local: name.local })
  }
  return { href: hrefOf(view.base, node), found, missing }
}

function property(view: View, node: DavNode, { ns, local }: PropName): Prop | undefined {
  const name = { ns, local }
  if (ns === dav && local === 'resourcetype') {
    return node.kind === 'folder' ? { ...name, children: [{ local: 'collection' }] } : name
  }
  const { checksum } = view.state.traitsOf(node)
  if (ns === oc && local === 'checksums') {
    if (checksum === undefined) return undefined
    return { ...name, children: [{ ns: oc, local: 'checksum', text: checksum }] }
  }
  if (ns === oc && local === 'share-types') return name
  const read =
    ns === dav ? davText : ns === oc ? ownCloudText : ns === nc ? nextcloudText : undefined
  const text = read?.(view, node, local)
  return text === undefined ? undefined : { ...name, text }
}

function davText(view: View, node: DavNode, local: string): string | undefined {
  const file = node.kind === 'file'
  switch (local) {
    case 'displayname':
      return node.parent ? node.name : view.account.id
    case 'getlastmodified':
      return node.modified.toUTCString()
    case 'creationdate':
      return new Date((view.state.traitsOf(node).createdAt ?? 0) * 1000)
        .toISOString()
        .replace('.000Z', '+00:00')
    case 'getetag':
      return `"${node.version}"`
    case 'getcontenttype':
      return file ? typeOf(node.name) : undefined
    case 'getcontentlength':
      return file ? String(node.content.size) : undefined
    case 'quota-used-bytes':
      return file ? undefined : String(sumBytes(node))
    case 'quota-available-bytes':
      return file ? undefined : String(freeFor(view))
    default:
      return undefined
  }
}

function ownCloudText(view: View, node: DavNode, local: string): string | undefined {
  const { state, account } = view
  const { fileId } = state.traitsOf(node)
  const owner = mountOf(state, node)?.owner ?? account.id
  switch (local) {
    case 'id':
      return ocId(fileId)
    case 'fileid':
      return String(fileId)
    case 'size':
      return String(sumBytes(node))
    case 'permissions':
      return permissionsOf(state, node)
    case 'favorite':
      return '0'
    case 'owner-id':
      return owner
    case 'owner-display-name':
      return state.accounts.find(({ id }) => id === owner)?.displayName ?? owner
    case 'comments-unread':
      return '0'
    case 'data-fingerprint':
      return ''
    default:
      return undefined
  }
}

function nextcloudText({ state }: View, node: DavNode, local: string): string | undefined {
  const traits = state.traitsOf(node)
  const folder = node.kind === 'folder'
  const children = folder ? [...node.children.values()] : []
  switch (local) {
    case 'has-preview':
      return !folder && /^image\//.test(typeOf(node.name)) ? 'true' : 'false'
    case 'mount-type':
      return traits.mount?.type ?? ''
    // Answered for folders alone.
    case 'is-encrypted':
      return folder ? (isEncrypted(state, node) ? '1' : '0') : undefined
    case 'creation_time':
      return String(traits.createdAt ?? 0)
    case 'upload_time':
      return folder ? '0' : String(traits.uploadedAt)
    case 'contained-folder-count':
      return folder ? String(children.filter(({ kind }) => kind === 'folder').length) : undefined
    case 'contained-file-count':
      return folder ? String(children.filter(({ kind }) => kind === 'file').length) : undefined
    case 'hidden':
      return 'false'
    default:
      return undefined
  }
}

const counted = new WeakMap<View, number>()

/** Counted once for a request: a listing asks it of each folder. */
function freeFor(view: View): number {
  const free = counted.get(view) ?? freeBytes(view.state, view.account)
  counted.set(view, free)
  return free
}

/** The file id padded to eight digits and the instance's id. */
export function ocId(fileId: number): string {
  return `${String(fileId).padStart(8, '0')}${INSTANCE_ID}`
}

/** What is left for a user; -1, -2 and -3 as RFC 4331 does not know them. */
export function freeBytes(state: NextcloudState, { id }: NextcloudAccount): number {
  const limit = state.settings.quota[id] ?? -3
  return limit < 0 ? limit : Math.max(0, limit - sumBytes(state.home(id)))
}

function mountRoot(state: NextcloudState, node: DavNode): DavNode | undefined {
  for (let at: DavNode | undefined = node; at; at = at.parent) {
    if (state.traitsOf(at).mount) return at
  }
  return undefined
}

function mountOf(state: NextcloudState, node: DavNode) {
  const root = mountRoot(state, node)
  return root && state.traitsOf(root).mount
}

/** Whether a node is, or is in, an end-to-end encrypted folder. */
export function isEncrypted(state: NextcloudState, node: DavNode): boolean {
  for (let at: DavNode | undefined = node; at; at = at.parent) {
    if (state.traitsOf(at).encrypted) return true
  }
  return false
}

/**
 * Shared, Re-shareable, Mounted, readable (G), Deletable, reNameable, moVeable, Writable or Creatable (C files, K folders). The
 * root of a share can be renamed and taken away whatever the rights in it; that of an external storage cannot.
 * https://github.com/nextcloud/server/blob/master/lib/public/Files/DavUtil.php
 */
export function permissionsOf(state: NextcloudState, node: DavNode): string {
  const root = mountRoot(state, node)
  const mount = root && state.traitsOf(root).mount
  const shared = mount?.type === 'shared'
  const writable = !mount?.readOnly
  const own = root === node ? shared : writable
  const kind = node.kind === 'folder' ? 'CK' : 'W'
  return [
    shared ? 'S' : '',
    shared && !writable ? '' : 'R',
    mount?.type === 'external' ? 'M' : '',
    'G',
    own ? 'DNV' : '',
    writable ? kind : '',
  ].join('')
}
