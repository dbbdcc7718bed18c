// Bytes of files: downloads with the metadata in a header, exports of documents, and links that need no token.
// Source: files.stone, download, export, get_temporary_link.
import { createHash, randomBytes } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Content } from './content.ts'
import { describeFile, findItem, latestOf } from './dropbox-describe.ts'
import { endpointError, nested } from './dropbox-errors.ts'
import type { DropboxItem, DropboxRevision } from './dropbox-items.ts'
import { readPath } from './dropbox-paths.ts'
import { download, rpc, type DropboxCall, type DropboxRoute } from './dropbox-request.ts'
import type { DropboxState } from './dropbox-state.ts'
import { optional, revisionName } from './dropbox-union.ts'
import { DOCX, officeFile, PPTX, XLSX } from './office-files.ts'
import type { NodeEnv } from './trouble.ts'

export const LINKS = 'ucd0123456789abcdef0123456.dl.dropboxusercontent.com'

export interface TemporaryLink {
  readonly item: DropboxItem
  readonly expiresAt: number
}

const file = z.strictObject({ path: readPath, rev: optional(revisionName) })

const exported = z.strictObject({ path: readPath, export_format: optional(z.string()) })

const byPath = z.strictObject({ path: readPath })

/** `linkTo` makes the URL of a secret. */
export function downloadRoutes(
  links: Map<string, TemporaryLink>,
  linkTo: (secret: string) => string,
): readonly DropboxRoute[] {
  return [
    download('files/download', file, async (call, { path, rev }) => {
      const { item, revision } = await findFile(call, rev === undefined ? path : `rev:${rev}`)
      if (item.exports !== undefined) throw endpointError('unsupported_file')
      const { state, caller, c } = call
      const described = await describeFile(state, caller, item, revision)
      return sendContent(c, state, revision.content, {
        etag: `W/"${revision.rev}"`,
        'content-type': 'application/octet-stream',
        'dropbox-api-result': toHeader(described),
      })
    }),

    download('files/export', exported, sendExport),

    rpc('files/get_temporary_link', 'files.content.read', byPath, async (call, { path }) => {
      const { item, revision } = await findFile(call, path)
      const { state, caller } = call
      if (item.exports !== undefined) throw endpointError('unsupported_file')
      if (state.settings.emailUnverified) throw endpointError('email_not_verified')
      const secret = randomBytes(60).toString('base64url')
      links.set(secret, { item, expiresAt: Date.now() + state.settings.linkLifetime * 1000 })
      const metadata = await describeFile(state, caller, item, revision)
      return { metadata, link: linkTo(secret) }
    }),
  ]
}

/** GET of a temporary link. */
export function mountLinks(
  app: Hono<NodeEnv>,
  state: DropboxState,
  links: ReadonlyMap<string, TemporaryLink>,
): void {
  app.get(`/${LINKS}/cd/0/get/:secret/file`, (c) => {
    const link = links.get(c.req.param('secret'))
    if (c.req.header('authorization') !== undefined) return c.text('No token is wanted here.', 400)
    if (link === undefined) return c.text('Not found', 404)
    const ended = state.settings.expiredLinks > 0
    if (ended) state.settings.expiredLinks -= 1
    // "The link will expire in four hours": 410 Gone (files.stone, get_temporary_link).
    if (ended || link.expiresAt < Date.now()) return c.text('Gone', 410)
    const revision = link.item.revisions.at(-1)
    if (revision === undefined || !state.files.items.has(link.item.id))
      return c.text('Not found', 404)
    return sendContent(c, state, revision.content, {
      etag: `W/"${revision.rev}"`,
      'content-type': 'application/binary',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(link.item.name)}`,
    })
  })
}

async function findFile(
  { state, caller }: DropboxCall,
  path: string,
): Promise<{ item: DropboxItem; revision: DropboxRevision }> {
  const item = await findItem(state, caller, path)
  const refuse = (tag: string) => endpointError(nested('path', { '.tag': tag }))
  if (item.kind === 'folder') throw refuse('not_file')
  if (state.settings.restricted.includes(item.id)) throw refuse('restricted_content')
  const pinned = path.startsWith('rev:') ? state.files.byRevision(path.slice(4)) : undefined
  return { item, revision: pinned?.revision ?? latestOf(item) }
}

const ENDINGS: Readonly<Record<string, string>> = { markdown: 'md' }

/** The whole document, whatever range is asked for. */
async function sendExport(
  call: DropboxCall,
  { path, export_format: format }: z.output<typeof exported>,
): Promise<Response> {
  const { c, state, caller } = call
  const { item, revision } = await findFile(call, path)
  const rule = item.exports
  if (rule === undefined) throw endpointError('non_exportable')
  const wanted = format ?? rule.exportAs
  if (wanted !== rule.exportAs && rule.options?.includes(wanted) !== true)
    throw endpointError('invalid_export_format')
  if (state.settings.unreadyExports > 0) {
    state.settings.unreadyExports -= 1
    throw endpointError('retry_error')
  }
  const bytes = exportOf(item.name, wanted)
  const name = `${item.name.replace(/\.[^.]*$/, '')}.${ENDINGS[wanted] ?? wanted}`
  const result = {
    export_metadata: {
      name,
      size: bytes.length,
      export_hash: createHash('sha256').update(bytes).digest('hex'),
      paper_revision: item.revisions.length,
    },
    file_metadata: await describeFile(state, caller, item, revision),
  }
  return c.body(bytes, 200, {
    'content-type': 'application/octet-stream',
    'content-length': String(bytes.length),
    'dropbox-api-result': toHeader(result),
  })
}

const OFFICE: Readonly<Record<string, string>> = { docx: DOCX, xlsx: XLSX, pptx: PPTX }

/** Real files of their formats, the same each time. */
function exportOf(name: string, format: string): Buffer<ArrayBuffer> {
  const type = OFFICE[format]
  if (type !== undefined)
    return Buffer.from(officeFile(type, [`# ${name}`, `${name} as ${format}`]))
  if (format === 'markdown') return Buffer.from(`# ${name}\n\nSet sail.\n`)
  if (format === 'html') return Buffer.from(`<h1>${name}</h1><p>Set sail.</p>\n`)
  return Buffer.from(`${name} as ${format}\n`)
}

function sendContent(
  c: Context,
  { settings }: DropboxState,
  content: Content,
  headers: Readonly<Record<string, string>>,
): Response {
  const { size } = content
  const all = { ...headers, 'accept-ranges': 'bytes' }
  if (c.req.header('if-none-match') === headers['etag']) return c.body(null, 304, all)
  const range = settings.ignoreRange ? undefined : readRange(c.req.header('range'), size)
  if (range === undefined)
    return c.body(content.read(0, size), 200, { ...all, 'content-length': String(size) })
  const { start, end } = range
  if (start >= end) return c.body(null, 416, { 'content-range': `bytes */${size}` })
  return c.body(content.read(start, end), 206, {
    ...all,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  })
}

/** From `start` up to and without `end`; undefined for none, and for several. */
function readRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first !== '') {
    const end = last === '' ? size : Math.min(size, Number(last) + 1)
    return { start: Number(first), end }
  }
  if (last === '') return undefined
  return { start: Math.max(0, size - Number(last)), end: Number(last) === 0 ? 0 : size }
}

/** JSON in a header: what is not ASCII is escaped. */
const toHeader = (value: object) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
