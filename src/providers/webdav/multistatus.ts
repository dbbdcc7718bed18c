// Reads a 207 Multi-Status document (RFC 4918 section 13) as it arrives: by namespace, without DTDs, bounded in size and depth.
import { within } from '../../net/body.ts'
import { Problem } from '../../problems/problem.ts'
import { decodeText, XmlReader } from './xml.ts'

/** One `response` element. */
export interface DavResource {
  readonly href: string
  /** Of the element itself, where it has one instead of properties. */
  readonly status: number | undefined
  readonly isCollection: boolean
  /** Bytes; null where the server does not say. */
  readonly length: number | null
  readonly modified: string | null
  readonly etag: string | null
  readonly contentType: string | null
  /** Bytes; undefined where the server does not say, or says that it does not know. */
  readonly quotaAvailable: number | undefined
  readonly quotaUsed: number | undefined
  /** End to end: its content is of no use without the user's own keys (Nextcloud). */
  readonly isEncrypted: boolean
  /** A number that stays the same wherever the file is moved (Nextcloud, ownCloud). */
  readonly fileId: string | undefined
}

/** RFC 4918's own, and those of ownCloud and Nextcloud: no other server answers with the latter. */
const NAMESPACES = new Map([
  ['DAV:', ''],
  ['http://owncloud.org/ns', 'oc:'],
  ['http://nextcloud.org/ns', 'nc:'],
])
/** Characters: a folder of 100,000 entries is about 60 million. */
const MAX_LENGTH = 128 * 1024 * 1024
const MAX_DEPTH = 32
/** Characters of one property; an entity that is repeated grows no further. */
const MAX_TEXT = 16 * 1024
/** Milliseconds in which the next piece must arrive. */
const IDLE = 20_000
/** Milliseconds for the whole document: one that comes in drops is never idle. */
const DEADLINE = 120_000

/**
 * Yields the resources one by one; the document is never held. A caller that stops early ends the transfer. Throws
 * `provider_unavailable` for what is no multistatus document, and for one that is cut off.
 */
export async function* readMultistatus(response: Response): AsyncGenerator<DavResource> {
  if (response.body === null) throw notWebdav()
  const reader = response.body.getReader()
  const collector = new Collector()
  let decoder: TextDecoder | undefined
  let length = 0
  let finished = false
  const end = Date.now() + DEADLINE
  try {
    for (;;) {
      const wait = Math.max(0, Math.min(IDLE, end - Date.now()))
      const { done, value } = await within(reader.read(), wait)
      if (done) break
      decoder ??= new TextDecoder(encodingOf(value))
      length += value.byteLength
      if (length > MAX_LENGTH) throw notWebdav()
      collector.write(decoder.decode(value, { stream: true }))
      yield* collector.take()
    }
    if (decoder === undefined) throw notWebdav()
    collector.close()
    yield* collector.take()
    finished = true
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(
      'provider_unavailable',
      'The server’s answer was no complete WebDAV document.',
      {
        cause: error,
      },
    )
  } finally {
    if (!finished) await reader.cancel().catch(() => undefined)
  }
}

export function notWebdav(): Problem {
  return new Problem('provider_unavailable', 'The server did not answer as a WebDAV server.')
}

/** By byte order mark, then by the XML declaration (XML 1.0 appendix F). */
function encodingOf(start: Uint8Array): string {
  const [a, b, c, d] = start
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return 'utf-16be'
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0 && c !== undefined && d === 0)) {
    return 'utf-16le'
  }
  const head = String.fromCharCode(...start.subarray(0, 200))
  const declared = /^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1]
  return declared ?? 'utf-8'
}

interface Draft {
  href: string
  status: number | undefined
  props: Props
}

interface Props {
  isCollection?: boolean
  length?: string
  modified?: string
  etag?: string
  contentType?: string
  available?: string
  used?: string
  encrypted?: string
  fileId?: string
}

/** Text properties, by their local names. */
const TEXT_PROPS: Readonly<Record<string, Exclude<keyof Props, 'isCollection'>>> = {
  getcontentlength: 'length',
  getlastmodified: 'modified',
  getetag: 'etag',
  getcontenttype: 'contentType',
  'quota-available-bytes': 'available',
  'quota-used-bytes': 'used',
  'nc:is-encrypted': 'encrypted',
  'oc:fileid': 'fileId',
}

class Collector {
  readonly #reader: XmlReader
  readonly #done: DavResource[] = []
  #depth = 0
  #text: string | undefined
  #inType = false
  #draft: Draft | undefined
  #props: Props | undefined
  #propStatus: number | undefined

  constructor() {
    this.#reader = new XmlReader(NAMESPACES, {
      open: (local) => this.#open(local),
      close: (local) => this.#close(local),
      text: (raw, isLiteral) => {
        if (this.#text === undefined) return
        if (this.#text.length + raw.length > MAX_TEXT) throw notWebdav()
        this.#text += isLiteral ? raw : decodeText(raw)
      },
    })
  }

  write(text: string): void {
    this.#reader.write(text)
  }

  close(): void {
    this.#reader.close()
  }

  take(): DavResource[] {
    return this.#done.splice(0)
  }

  #open(local: string): void {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw notWebdav()
    if (this.#depth === 1 && local !== 'multistatus') throw notWebdav()
    this.#text = undefined
    if (local === '') return
    if (local === 'response') this.#draft = { href: '', status: undefined, props: {} }
    else if (local === 'propstat') {
      this.#props = {}
      this.#propStatus = undefined
    } else if (local === 'resourcetype') this.#inType = true
    else if (local === 'collection' && this.#inType) this.#setCollection()
    else if (local === 'href' || local === 'status' || local === 'iscollection') this.#text = ''
    else if (local in TEXT_PROPS) this.#text = ''
  }

  #close(local: string): void {
    this.#depth -= 1
    const text = this.#text
    this.#text = undefined
    if (local === '') return
    if (local === 'resourcetype') this.#inType = false
    else if (local === 'propstat') this.#endPropstat()
    else if (local === 'response') this.#endResponse()
    else if (text === undefined) return
    else if (local === 'href') {
      // Only the first: others stand inside properties.
      if (this.#draft?.href === '') this.#draft.href = text.trim()
    } else if (local === 'status') this.#setStatus(text)
    else if (local === 'iscollection') {
      if (/^(?:1|true)$/i.test(text.trim())) this.#setCollection()
    } else {
      const name = TEXT_PROPS[local]
      if (name !== undefined && this.#props !== undefined) this.#props[name] = text.trim()
    }
  }

  #setCollection(): void {
    if (this.#props !== undefined) this.#props.isCollection = true
  }

  #setStatus(text: string): void {
    const status = Number(/^\s*HTTP\/[\d.]+\s+(\d{3})/.exec(text)?.[1] ?? 0)
    if (this.#props !== undefined) this.#propStatus = status
    else if (this.#draft !== undefined) this.#draft.status = status
  }

  /** Only properties that were found count; no status at all means that they were. */
  #endPropstat(): void {
    const status = this.#propStatus ?? 200
    const found = (status >= 200 && status < 300) || status === 425
    if (found && this.#draft !== undefined) Object.assign(this.#draft.props, this.#props)
    this.#props = undefined
  }

  #endResponse(): void {
    const draft = this.#draft
    this.#draft = undefined
    if (draft === undefined || draft.href === '') return
    const { props } = draft
    this.#done.push({
      href: draft.href,
      status: draft.status,
      isCollection: props.isCollection ?? false,
      length: readLength(props.length),
      modified: readDate(props.modified),
      etag: readEtag(props.etag),
      contentType: props.contentType || null,
      quotaAvailable: readLength(props.available) ?? undefined,
      quotaUsed: readLength(props.used) ?? undefined,
      isEncrypted: props.encrypted === '1',
      fileId: /^\d{1,20}$/.exec(props.fileId ?? '')?.[0],
    })
  }
}

/** Negative numbers mean "not known" (quotas: -1 to -3). */
function readLength(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null
}

/** `Wed May 20 10:00:00 UTC 2026`. */
const UNIX_DATE = /^([A-Za-z]{3} [A-Za-z]{3} +\d+ [\d:]+) [A-Z]+ (\d{4})$/

/** RFC 1123 mostly, but RFC 3339 and others are about; null for what cannot be read. */
function readDate(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  let time = Date.parse(text)
  if (Number.isNaN(time)) time = Date.parse(text.replace(UNIX_DATE, '$1 $2 UTC'))
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

/** Weak or strong, quoted or not: what is compared is what is inside. */
export function readEtag(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text === '') return null
  return text.replace(/^W\//, '').replace(/^"(.*)"$/, '$1') || null
}
