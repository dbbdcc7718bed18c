// Says what a node is called and which properties it has, in the forms that the settings ask for.
import { etagOf, type DavRequest } from './dav-request.ts'
import { pathOf, sumBytes, type DavNode } from './dav-tree.ts'
import { dav, type Item, type Prop, type PropName } from './dav-xml.ts'

/** The href of a node, as the settings write it. */
export function hrefOf(request: DavRequest, node: DavNode): string {
  const { settings, place, origin } = request
  const base = settings.hrefBase ?? place.base
  const names = pathOf(node)
    .split('/')
    .filter((name) => name !== '')
  const encode = {
    path: encodeStrictly,
    'other-host': encodeStrictly,
    absolute: encodeStrictly,
    relative: encodeStrictly,
    loose: encodeLoosely,
    'lower-hex': (name: string) =>
      encodeStrictly(name).replaceAll(/%../g, (escape) => escape.toLowerCase()),
    'raw-utf8': (name: string) =>
      name.replaceAll(/[%?#<> ]/g, (found) => encodeURIComponent(found)),
  }[settings.href]
  const slash = node.kind === 'folder' && names.length > 0 && settings.collectionSlash ? '/' : ''
  const path = names.map(encode).join('/') + slash
  if (settings.href === 'relative') return path === '' ? './' : path
  const whole = settings.collectionSlash || names.length > 0 ? base + path : base.replace(/\/$/, '')
  if (settings.href === 'absolute') return origin + whole
  if (settings.href === 'other-host') return `http://dav-backend.internal:8080${whole}`
  return whole
}

function encodeStrictly(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function encodeLoosely(name: string): string {
  return encodeURIComponent(name).replaceAll(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)
}

/** What a PROPFIND gets to know of a node. */
export function describe(
  request: DavRequest,
  node: DavNode,
  names: readonly PropName[],
  kind: 'prop' | 'allprop' | 'propname',
): Item {
  const found: Prop[] = []
  const missing: PropName[] = []
  for (const name of names) {
    const prop = name.ns === dav ? property(request, node, name.local) : undefined
    if (prop) found.push(kind === 'propname' ? name : prop)
    else if (kind === 'prop') missing.push(name)
  }
  if (request.settings.collectionMark === 'iscollection') {
    found.push({ ns: dav, local: 'iscollection', text: node.kind === 'folder' ? '1' : '0' })
  }
  return { href: hrefOf(request, node), found, missing }
}

function property(request: DavRequest, node: DavNode, local: string): Prop | undefined {
  const { settings } = request
  const text = (value: string | undefined): Prop | undefined =>
    value === undefined ? undefined : { ns: dav, local, text: value }
  switch (local) {
    case 'resourcetype':
      return settings.collectionMark === 'iscollection' ? undefined : resourceType(request, node)
    case 'displayname':
      return text(displayName(node, settings.displayName))
    case 'getlastmodified':
      return text(writeDate(node.modified, settings.date))
    case 'creationdate':
      return text(node.created.toISOString())
    case 'getetag':
      return text(etagOf(node, settings))
    case 'getcontenttype':
      return node.kind === 'file' ? text(typeOf(node.name)) : undefined
    case 'getcontentlength':
      if (settings.contentLength === 'absent') return undefined
      if (node.kind === 'file') return text(String(node.content.size))
      return settings.contentLength === 'everything' ? text('4096') : undefined
    case 'quota-used-bytes':
    case 'quota-available-bytes':
      return node.kind === 'folder' ? text(quota(request, local)) : undefined
    default:
      return undefined
  }
}

function resourceType(request: DavRequest, node: DavNode): Prop {
  const name = { ns: dav, local: 'resourcetype' }
  if (node.kind === 'file') return name
  const extra =
    request.settings.collectionMark === 'extra'
      ? [{ local: 'calendar', ns: 'urn:ietf:params:xml:ns:caldav' }]
      : []
  return { ...name, children: [...extra, { local: 'collection' }] }
}

const counted = new WeakMap<DavRequest, number>()

/** Counted once for a request: a listing asks it of each folder. */
function usedBytes(request: DavRequest): number {
  const used = counted.get(request) ?? sumBytes(request.tree)
  counted.set(request, used)
  return used
}

/** Quota as RFC 4331, with the negative values of ownCloud and Nextcloud. */
function quota(request: DavRequest, local: string): string | undefined {
  const { quota: limit } = request.settings
  if (limit === 'absent') return undefined
  const used = usedBytes(request)
  if (local === 'quota-used-bytes') return String(used)
  if (limit === 'unlimited') return '-3'
  if (limit === 'unknown') return '-2'
  return String(Math.max(0, limit - used))
}

function displayName(node: DavNode, form: DavRequest['settings']['displayName']) {
  return {
    name: node.name,
    empty: '',
    encoded: encodeURIComponent(node.name),
    title: 'Untitled item',
    absent: undefined,
  }[form]
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function writeDate(date: Date, form: DavRequest['settings']['date']): string | undefined {
  const [, day = '', month = '', year = '', time = ''] = date.toUTCString().split(' ')
  const weekday = weekdays[date.getUTCDay()] ?? ''
  const short = String(Number(day))
  return {
    rfc1123: date.toUTCString(),
    'numeric-zone': `${weekday}, ${day} ${month} ${year} ${time} +0000`,
    'one-digit-day': `${weekday}, ${short} ${month} ${year} ${time} GMT`,
    'unix-date': `${weekday} ${month} ${short.padStart(2)} ${time} UTC ${year}`,
    rfc3339: date.toISOString(),
    empty: '',
    absent: undefined,
  }[form]
}

const types: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  html: 'text/html',
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  json: 'application/json',
  zip: 'application/zip',
}

/** The media type by the extension of a name. */
export function typeOf(name: string): string {
  return types[name.split('.').pop()?.toLowerCase() ?? ''] ?? 'application/octet-stream'
}
