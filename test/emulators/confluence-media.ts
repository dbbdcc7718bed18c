// Downloads of attachments: v1 leads to a pre-signed URL of the media host, which takes a range and refuses a token.
// Source: developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { gatewayError, v1Error } from './confluence-errors.ts'
import { lastVersion } from './confluence-items.ts'
import type { Call } from './confluence-routes.ts'
import type { ConfluenceState } from './confluence-state.ts'
import { issuedSecrets } from './oauth-server.ts'
import type { NodeEnv } from './trouble.ts'

export const MEDIA = 'api.media.atlassian.com'

/** Part of every link, with characters that a query written anew would spell otherwise. */
const CLIENT = 'client=8f%2B0c1d2~!'

/** GET …/content/{id}/child/attachment/{attachmentId}/download: 302. */
export function redirectToMedia(call: Call): Response {
  const { c, state, caller, ids, mediaBase } = call
  const query = new URL(c.req.url).searchParams
  const unknown = [...query.keys()].find((name) => !['version', 'status'].includes(name))
  if (unknown !== undefined) throw v1Error(400, `Unknown parameter ${unknown}`)
  const item = state.items.items.get(ids[1])
  if (
    item === undefined ||
    item.type !== 'attachment' ||
    item.parentId !== ids[0] ||
    item.status === 'trashed' ||
    !state.sees(caller, item)
  ) {
    throw v1Error(404, `No attachment with id ${ids[1]} on content ${ids[0]}`)
  }
  const number = query.get('version') ?? String(lastVersion(item).number)
  const version = item.versions.find((one) => String(one.number) === number)
  if (version === undefined) throw v1Error(400, `No version ${number}`)
  const token = `eyJ${randomBytes(24).toString('base64url')}`
  issuedSecrets.add(token)
  const expiresAt = Date.now() + state.settings.mediaLifetime * 1000
  state.tickets.set(token, { item, version: version.number, expiresAt })
  const name = encodeURIComponent(item.title)
  return c.body(null, 302, {
    location: `${mediaBase()}/file/${item.fileId}/binary?token=${token}&${CLIENT}&name=${name}`,
  })
}

/** GET of a link of the media host. */
export function sendMedia(c: Context<NodeEnv>, state: ConfluenceState): Response {
  const { settings, tickets } = state
  const refuse = (status: 401 | 403, message: string) => gatewayError(status, message).toResponse(c)
  if (c.req.header('authorization') !== undefined) return refuse(401, 'A token beside a signature')
  if (!(c.env.incoming.url ?? '').includes(`&${CLIENT}&name=`)) {
    return refuse(403, 'The signature does not fit')
  }
  const ticket = tickets.get(c.req.query('token') ?? '')
  if (ticket === undefined || ticket.item.fileId !== c.req.param('fileId')) {
    return refuse(403, 'The token is invalid')
  }
  if (settings.expiredDownloads > 0 || ticket.expiresAt <= Date.now()) {
    settings.expiredDownloads = Math.max(0, settings.expiredDownloads - 1)
    return refuse(403, 'The token has expired')
  }
  const { item } = ticket
  const content = item.versions.find((one) => one.number === ticket.version)?.content
  if (content === undefined) throw new Error(`${item.id} has no bytes`)
  const { size } = content
  const headers = {
    'content-type': item.mediaType,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.title)}`,
    'accept-ranges': 'bytes',
  }
  const range = settings.ignoreRange ? undefined : readRange(c.req.header('range') ?? '', size)
  if (range === undefined) {
    return c.body(content.read(0, size), 200, { ...headers, 'content-length': String(size) })
  }
  const { start, end } = range
  if (start >= end) return c.body(null, 416, { 'content-range': `bytes */${size}` })
  return c.body(content.read(start, end), 206, {
    ...headers,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  })
}

/** From `start` up to and without `end`; undefined when everything is to be sent (RFC 9110 section 14.2). */
function readRange(header: string, size: number): { start: number; end: number } | undefined {
  const [matched, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (matched === undefined || (first === '' && last === '')) return undefined
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size }
  const end = last === '' ? size : Math.min(size, Number(last) + 1)
  return { start: Number(first), end }
}
