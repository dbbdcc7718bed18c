// Reads the XML of requests strictly and writes multistatus documents in every style that servers are known for.
import { SaxesParser } from 'saxes'
import { DavError } from './dav-request.ts'
import type { DavSettings } from './dav-settings.ts'

export interface PropName {
  readonly ns: string
  readonly local: string
}

export interface Prop extends PropName {
  /** Character data. */
  readonly text?: string
  /** Child elements of the DAV: namespace, or of a vendor's where `ns` is given. */
  readonly children?: readonly { local: string; ns?: string; text?: string }[]
}

export type Item =
  | {
      readonly href: string
      readonly found: readonly Prop[]
      readonly missing: readonly PropName[]
    }
  | { readonly href: string; readonly forbidden: readonly PropName[] }
  | { readonly href: string; readonly status: number; readonly condition?: string }

export const dav = 'DAV:'

/** What a PROPFIND asks for; an empty body asks for all (RFC 4918 section 9.1). */
export interface Propfind {
  readonly kind: 'prop' | 'allprop' | 'propname'
  readonly props: readonly PropName[]
}

/**
 * Reads the body of a PROPFIND.
 * @throws DavError 400 when it is not well-formed, has a DTD or is no propfind
 */
export function parsePropfind(text: string): Propfind {
  if (text === '') return { kind: 'allprop', props: [] }
  const tags = parseTags(text)
  if (!isDav(tags[0], 0, 'propfind')) throw new DavError(400, 'Not a propfind')
  const kinds = tags.filter((tag) => tag.depth === 1 && tag.ns === dav && tag.local !== 'include')
  const kind = kinds[0]?.local
  if (kinds.length !== 1 || (kind !== 'prop' && kind !== 'allprop' && kind !== 'propname')) {
    throw new DavError(400, 'propfind needs one of prop, allprop and propname')
  }
  return { kind, props: tags.filter((tag) => tag.depth === 2) }
}

/**
 * Reads the names of the properties in a PROPPATCH.
 * @throws DavError 400 when it is not well-formed or no propertyupdate
 */
export function parseProppatch(text: string): readonly PropName[] {
  const tags = parseTags(text)
  if (!isDav(tags[0], 0, 'propertyupdate')) throw new DavError(400, 'Not a propertyupdate')
  return tags.filter((tag) => tag.depth === 3)
}

interface Tag extends PropName {
  readonly depth: number
}

function isDav(tag: Tag | undefined, depth: number, local: string): boolean {
  return tag?.ns === dav && tag.local === local && tag.depth === depth
}

function parseTags(text: string): Tag[] {
  const tags: Tag[] = []
  let depth = 0
  const parser = new SaxesParser({ xmlns: true })
  parser.on('doctype', () => {
    throw new DavError(400, 'A DTD')
  })
  parser.on('opentag', (tag) => {
    tags.push({ ns: tag.uri, local: tag.local, depth })
    depth += 1
  })
  parser.on('closetag', () => {
    depth -= 1
  })
  try {
    parser.write(text).close()
  } catch (cause) {
    throw cause instanceof DavError ? cause : new DavError(400, 'Not well-formed XML')
  }
  return tags
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  403: 'Forbidden',
  404: 'Not Found',
  423: 'Locked',
  424: 'Failed Dependency',
}

export interface Writer {
  readonly start: string
  readonly end: string
  readonly item: (item: Item) => string
}

/** Writes multistatus documents in the style that the settings name. */
export function createWriter(settings: DavSettings): Writer {
  const style = settings.prefix
  const outer = { d: 'd:', D: 'D:', a: 'a:', lp1: 'D:', default: '', mixed: 'x:' }[style]
  const inner = style === 'mixed' ? '' : outer
  const props = style === 'lp1' ? 'lp1:' : style === 'mixed' ? 'i0:' : outer
  const declare = (prefix: string): string =>
    prefix === '' ? ' xmlns="DAV:"' : ` xmlns:${prefix.slice(0, -1)}="DAV:"`
  const tag = (name: string, content: string): string =>
    content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
  const opened = { mixed: declare(''), lp1: declare('lp1:') }[style as string] ?? ''

  const propName = (prop: PropName): string => {
    if (prop.ns === dav) return `${props}${prop.local}${style === 'mixed' ? declare(props) : ''}`
    if (prop.ns === '') return `${prop.local} xmlns=""`
    return `v:${prop.local} xmlns:v="${escape(prop.ns)}"`
  }
  const prop = (value: Prop): string => {
    const children = (value.children ?? [])
      .map((child) =>
        child.ns === undefined
          ? `<${inner}${child.local}/>`
          : `<w:${child.local} xmlns:w="${escape(child.ns)}">${escape(child.text ?? '')}</w:${child.local}>`,
      )
      .join('')
    const content = children + writeText(value.text ?? '', settings.text)
    const open = propName(value)
    return content === '' ? `<${open}/>` : `<${open}>${content}</${open.split(' ')[0] ?? ''}>`
  }
  const statusLine = (status: number): string => {
    const forms = {
      full: `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}`,
      bare: `HTTP/1.1 ${status}`,
      http2: `HTTP/2 ${status}`,
      absent: status === 200 ? '' : `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}`,
    }
    const line = forms[settings.statusLine]
    return line === '' ? '' : tag(`${inner}status`, line)
  }
  const propstat = (content: string, status: number): string =>
    tag(`${inner}propstat`, tag(`${inner}prop`, content) + statusLine(status))
  // A property of the same local name in another namespace, which a reader by prefix or local name takes.
  const decoy =
    style === 'mixed'
      ? '<s:getcontentlength xmlns:s="http://sabredav.org/ns">999999</s:getcontentlength>'
      : ''

  const itemBody = (item: Item): string => {
    if ('status' in item) {
      const condition = item.condition ? tag(`${inner}error`, `<${inner}${item.condition}/>`) : ''
      return statusLine(item.status) + condition
    }
    if ('forbidden' in item) return propstat(item.forbidden.map(prop).join(''), 403)
    const content = item.found.map(prop).join('') + decoy
    const found = content === '' ? '' : propstat(content, 200)
    const lacking = item.missing.length > 0 && settings.missingProps !== 'omit'
    const missing = lacking ? propstat(item.missing.map(prop).join(''), 404) : ''
    return (
      (settings.missingProps === 'before' ? missing + found : found + missing) || propstat('', 200)
    )
  }

  return {
    start: `<?xml version="1.0" encoding="utf-8"?>\n<${outer}multistatus${declare(outer)}>`,
    end: `</${outer}multistatus>\n`,
    item: (item) => {
      const href = tag(`${inner}href`, writeText(item.href, settings.text))
      return `\n<${inner}response${opened}>${href}${itemBody(item)}</${inner}response>`
    },
  }
}

/** The body of an error with a precondition (RFC 4918 section 16), in the manner of sabre/dav. */
export function writeError(message: string, condition: string | undefined): string {
  const inner = condition ? `<d:${condition}/>` : ''
  const said = `<s:message>${escape(message)}</s:message>`
  return `<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">${said}${inner}</d:error>\n`
}

function writeText(text: string, form: DavSettings['text']): string {
  if (text === '') return ''
  if (form === 'cdata') return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
  if (form === 'plain') return escape(text)
  let odd = false
  return text.replaceAll(/[^A-Za-z0-9]/gu, (character) => {
    odd = !odd
    const code = character.codePointAt(0) ?? 0
    return odd ? `&#${code};` : `&#x${code.toString(16)};`
  })
}

/** Text as it stands in XML. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
