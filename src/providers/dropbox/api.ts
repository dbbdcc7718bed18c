// The Dropbox API v2 wire: remote procedure calls, content calls, metadata, and what of it makes an entry.
// Source: dropbox.com/developers/documentation/http/documentation and the Stone files behind it.
import mime from 'mime'
import { readJson } from '../../net/body.ts'
import type { Outbound } from '../../net/http.ts'
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { DropboxRefusal, readRefusal } from './errors.ts'
import { formatId } from './paths.ts'

export const API = 'https://api.dropboxapi.com'
export const CONTENT = 'https://content.dropboxapi.com'

/** A file or folder; `deleted` stands in deltas only. */
export interface Metadata {
  readonly '.tag'?: 'file' | 'folder' | 'deleted'
  readonly name?: string
  readonly id?: string
  readonly path_lower?: string
  readonly path_display?: string
  readonly server_modified?: string
  readonly rev?: string
  /** Bytes. */
  readonly size?: number
  readonly content_hash?: string
  /** True where it is not said. */
  readonly is_downloadable?: boolean
  readonly export_info?: {
    readonly export_as?: string
    readonly export_options?: readonly string[]
  }
}

/** How often a change is tried while others write to the same account: Dropbox locks it as a whole, and refuses the rest. */
const BUSY_TRIES = 4

/** What was refused for that reason alone is sent again, with growing pauses. */
export async function whileBusy<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send()
    } catch (error) {
      const isBusy =
        error instanceof DropboxRefusal && error.tags.includes('too_many_write_operations')
      if (!isBusy || tries === BUSY_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** tries * (0.5 + Math.random())))
    }
  }
}

/** Calls a route of the RPC host and reads its JSON. `arg` undefined: a route without argument, which takes no body at all. */
export function callRpc<T>(
  session: Session,
  route: string,
  arg: object | undefined,
  options: Pick<Outbound, 'replay' | 'deadline'> = {},
): Promise<T> {
  return whileBusy(() => sendRpc<T>(session, route, arg, options))
}

async function sendRpc<T>(
  session: Session,
  route: string,
  arg: object | undefined,
  options: Pick<Outbound, 'replay' | 'deadline'>,
): Promise<T> {
  const response = await sendRooted(session, {
    url: `${API}/2/${route}`,
    method: 'POST',
    headers: {
      accept: 'application/json',
      ...(arg === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(arg === undefined ? {} : { body: JSON.stringify(arg) }),
    ...options,
  })
  const body = await readJson(response)
  if (typeof body !== 'object' || body === null) throw strangeAnswer()
  return body as T
}

/** Calls a route of the content host, whose argument travels in a header. */
export async function callContent(
  session: Session,
  route: string,
  arg: object,
  request: Pick<Outbound, 'headers' | 'body' | 'replay' | 'deadline'> = {},
): Promise<Response> {
  return sendRooted(session, {
    ...request,
    url: `${CONTENT}/2/${route}`,
    method: 'POST',
    headers: { ...request.headers, 'dropbox-api-arg': headerJson(arg) },
  })
}

/** JSON that may stand in a header: every UTF-16 unit outside ASCII, and DEL, as an escape. */
function headerJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * Sends below the account's top namespace. Members of a team with a team space would see only their own folder otherwise. The
 * account may have been moved to another top meanwhile: then it is remembered, and the call made again.
 */
async function sendRooted(session: Session, request: Outbound): Promise<Response> {
  const root = session.data['root']
  const refused = await sendBelow(session, request, root)
  if (!(refused instanceof DropboxRefusal)) return refused
  const { rootNamespace, vendorStatus } = refused
  if (vendorStatus !== 422 || rootNamespace === undefined || rootNamespace === root) throw refused
  await session.remember({ ...session.data, root: rootNamespace })
  if (request.body instanceof ReadableStream) {
    throw new Problem('provider_unavailable', 'The team space has moved; send the bytes again.', {
      retryAfter: 1,
    })
  }
  const again = await sendBelow(session, request, rootNamespace)
  if (again instanceof DropboxRefusal) throw again
  return again
}

async function sendBelow(
  session: Session,
  request: Outbound,
  root: string | undefined,
): Promise<Response | DropboxRefusal> {
  const rooted = { 'dropbox-api-path-root': headerJson({ '.tag': 'root', root: root ?? '' }) }
  const response = await session.http(
    root === undefined ? request : { ...request, headers: { ...request.headers, ...rooted } },
  )
  return response.ok ? response : readRefusal(response, session.now())
}

export function getMetadata(session: Session, path: string): Promise<Metadata> {
  return callRpc<Metadata>(session, 'files/get_metadata', { path }, { replay: true })
}

/** What is there, or undefined. */
export async function findMetadata(session: Session, path: string): Promise<Metadata | undefined> {
  return getMetadata(session, path).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'item_not_found') return undefined
    throw error
  })
}

export function strangeAnswer(): Problem {
  return new Problem('provider_unavailable', 'Dropbox gave an answer of an unknown shape.')
}

/** `kind`: what it is, where the answer's type says that already. */
export function toEntry(
  metadata: Metadata,
  parentId?: string,
  kind: 'file' | 'folder' | undefined = undefined,
): Entry {
  const { id, name } = metadata
  if (typeof id !== 'string' || typeof name !== 'string') throw strangeAnswer()
  const isFolder = (kind ?? metadata['.tag']) === 'folder'
  const formats = isFolder ? undefined : exportTypes(metadata)
  const hash = metadata.content_hash
  const url = webUrl(metadata, isFolder)
  return {
    id: formatId(id),
    name,
    isFolder,
    // What is exported has another size than what is stored.
    size: isFolder || formats !== undefined ? null : (metadata.size ?? null),
    // Dropbox knows names alone.
    mimeType: isFolder ? null : mime.getType(name),
    modifiedAt: metadata.server_modified ?? null,
    etag: isFolder ? null : (metadata.rev ?? null),
    ...(hash === undefined || isFolder
      ? {}
      : { hash: { algorithm: 'dropbox' as const, value: hash } }),
    ...(url === undefined ? {} : { webUrl: url }),
    ...(formats === undefined ? {} : { exportableAs: formats.map(({ type }) => type) }),
    ...(parentId === undefined ? {} : { parentId }),
  }
}

export interface ExportType {
  /** As Dropbox names it. */
  readonly format: string
  /** As the API names it. */
  readonly type: string
  readonly ending: string
}

/** How a file can be exported that cannot be downloaded as it is, the default first; undefined for all others. */
export function exportTypes(metadata: Metadata): ExportType[] | undefined {
  if (metadata.is_downloadable !== false) return undefined
  const { export_as: first, export_options: all = [] } = metadata.export_info ?? {}
  const formats = [...new Set([...(first === undefined ? [] : [first]), ...all])]
  return formats.map((format) => ({ format, ...typeOf(format) }))
}

/** `html` and `markdown` for Paper; endings such as `xlsx` for Google's documents. */
function typeOf(format: string): { readonly type: string; readonly ending: string } {
  if (format === 'markdown') return { type: 'text/markdown', ending: '.md' }
  return { type: mime.getType(format) ?? 'application/octet-stream', ending: `.${format}` }
}

/** Where a person finds it; the path is what the account's own pages are named by. */
function webUrl(
  { path_display: path, name = '' }: Metadata,
  isFolder: boolean,
): string | undefined {
  if (path === undefined) return undefined
  const encode = (text: string) => text.split('/').map(encodeURIComponent).join('/')
  if (isFolder) return `https://www.dropbox.com/home${encode(path)}`
  const folder = path.slice(0, path.length - name.length - 1)
  return `https://www.dropbox.com/home${encode(folder)}?preview=${encodeURIComponent(name)}`
}
