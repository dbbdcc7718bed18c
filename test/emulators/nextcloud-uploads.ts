// Answers below remote.php/dav/uploads: chunked upload v2, or v1 where the server has no distributed cache.
import { ContentWriter, partsOf, receive, type Content } from './content.ts'
import { DavError } from './dav-request.ts'
import { findNode } from './dav-tree.ts'
import {
  checkSpace,
  findPlace,
  readChecksum,
  readLength,
  readTimes,
  store,
  totalLength,
  verify,
} from './nextcloud-files.ts'
import { readTarget, refuseBody } from './nextcloud-manage.ts'
import { refuseMethod } from './nextcloud-propfind.ts'
import { readDestination, refuseForeign, type NextcloudRequest } from './nextcloud-request.ts'
import { notFound } from './nextcloud-errors.ts'
import { discardUpload, type UploadFolder } from './nextcloud-state.ts'
import { findUpload, FUTURE_FILE, listUploads, uploadsOf } from './nextcloud-upload-folders.ts'

// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/chunking.html
// https://github.com/nextcloud/server/blob/master/apps/dav/lib/Upload/ChunkingV2Plugin.php

/** Dispatches a request for a user's uploads. */
export async function answerUploads(request: NextcloudRequest): Promise<Response> {
  const { location, account, method } = request
  refuseForeign(location, account)
  const [name, part, ...rest] = location.segments
  if (rest.length > 0) throw notFound(rest.join('/'))
  if (method === 'PROPFIND') return listUploads(request, name, part)
  if (name === undefined) return refuseMethod(method)
  if (method === 'MKCOL') return open(request, name, part)
  const folder = findUpload(request, name)
  if (method === 'GET' || method === 'HEAD') {
    throw new DavError(405, 'Reading intermediate uploads is not allowed')
  }
  if (method === 'PUT' && part !== undefined) return put(request, folder, part)
  if (method === 'MOVE' && part === FUTURE_FILE) return assemble(request, folder)
  if (method === 'MOVE') throw new DavError(403, 'A chunk cannot be moved')
  if (method === 'DELETE' && part === undefined) {
    refuseAssembling(folder)
    close(request, folder)
    return new Response(null, { status: 204 })
  }
  return refuseMethod(method)
}

async function open(
  request: NextcloudRequest,
  name: string,
  part: string | undefined,
): Promise<Response> {
  const { state, account } = request
  if (part !== undefined) throw new DavError(403, 'Permission denied to create file (filename)')
  await refuseBody(request)
  const folders = uploadsOf(state, account.id)
  if (folders.has(name)) throw new DavError(405, 'The resource you tried to create already exists')
  const version = checkVersion(request)
  const usedAt = state.settings.now()
  folders.set(name, {
    name,
    version,
    parts: new Map(),
    usedAt,
    assembling: false,
    forgotten: false,
  })
  return new Response(null, { status: 201 })
}

/** v2 for a request with a Destination in the user's files, on a server that can. */
function checkVersion(request: NextcloudRequest): 'v1' | 'v2' {
  const { settings } = request.state
  if (request.header('destination') === undefined) {
    if (!settings.requireDestination) return 'v1'
    throw new DavError(400, 'Chunked upload v2 needs the Destination header')
  }
  const destination = readDestination(request)
  refuseForeign(destination, request.account)
  if (destination.area !== 'files') throw new DavError(403, 'The destination is not in files')
  return settings.chunking
}

async function put(
  request: NextcloudRequest,
  folder: UploadFolder,
  part: string,
): Promise<Response> {
  const { settings } = request.state
  const length = readLength(request)
  const total = totalLength(request)
  refuseAssembling(folder)
  if (part === FUTURE_FILE) throw new DavError(403, 'Permission denied to create file')
  if (checkVersion(request) === 'v2') refuseForgotten(folder)
  if (folder.version === 'v2') {
    const number = /^\d+$/.test(part) ? Number(part) : -1
    if (number < 1 || number > 10_000) {
      throw new DavError(400, 'Invalid chunk name, must be numeric between 1 and 10000')
    }
    if ((length ?? 0) > settings.chunkMax) {
      throw new DavError(
        400,
        'EntityTooLarge: Your proposed upload exceeds the maximum allowed size',
      )
    }
  }
  checkRoom(request, folder, total)
  const { content, complete } = await receive(request.body, length)
  if (!complete) {
    content.discard()
    throw new DavError(
      400,
      `Expected filesize of ${length ?? 0} bytes but read (from Nextcloud client) ${content.size} bytes.`,
    )
  }
  if (uploadsOf(request.state, request.account.id).get(folder.name) !== folder) {
    content.discard()
    throw notFound(folder.name)
  }
  const key = folder.version === 'v2' ? String(Number(part)) : part
  const before = folder.parts.get(key)
  before?.content.discard()
  folder.parts.set(key, { content, modified: new Date() })
  folder.usedAt = settings.now()
  return new Response(null, { status: before && folder.version === 'v1' ? 204 : 201 })
}

/** With OC-Total-Length a chunk is refused as soon as the whole cannot fit; otherwise only the MOVE is. */
function checkRoom(
  request: NextcloudRequest,
  folder: UploadFolder,
  total: number | undefined,
): void {
  const { state, account } = request
  if (request.header('destination') === undefined) return
  const destination = readDestination(request)
  const home = state.home(account.id)
  const parent = findNode(home, destination.segments.slice(0, -1))
  if (parent?.kind !== 'folder' && folder.version === 'v2') {
    throw notFound(destination.segments.slice(0, -1).at(-1) ?? '')
  }
  const there = findNode(home, destination.segments)
  if (total !== undefined) checkSpace(request, destination, total, there)
}

async function assemble(request: NextcloudRequest, folder: UploadFolder): Promise<Response> {
  const { state } = request
  refuseAssembling(folder)
  refuseForgotten(folder)
  const target = readTarget(request)
  const place = findPlace(request, target.destination)
  const stated = { ...readTimes(request), checksum: readChecksum(request) }
  const parts = inOrder(folder)
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const total = totalLength(request)
  if (total !== undefined && total !== size) {
    throw new DavError(400, `Chunks on server do not sum up to ${total} but to ${size} bytes`)
  }
  checkParts(request, folder, parts)
  checkSpace(request, target.destination, size, target.there)
  folder.assembling = true
  const { assembleMs, gatewayTimeoutMs } = state.settings
  const answer = finish(request, folder, parts, place, stated, assembleMs)
  if (assembleMs <= gatewayTimeoutMs) return answer
  // The proxy gives up; the server goes on, and nobody hears of it.
  void answer.catch(() => undefined)
  await wait(gatewayTimeoutMs)
  const html = '<html><head><title>504 Gateway Time-out</title></head></html>'
  return new Response(html, { status: 504, headers: { 'content-type': 'text/html' } })
}

async function finish(
  request: NextcloudRequest,
  folder: UploadFolder,
  parts: readonly Content[],
  place: ReturnType<typeof findPlace>,
  stated: Parameters<typeof store>[3],
  assembleMs: number,
): Promise<Response> {
  const writer = new ContentWriter()
  try {
    for (const part of parts) await writer.append(partsOf(part.read(0, part.size)))
    await wait(assembleMs)
    const content = await writer.finish()
    await verify(request, content)
    const response = await store(request, place, content, stated)
    close(request, folder)
    return response
  } finally {
    folder.assembling = false
    await writer.discard()
  }
}

/** By number in v2, by natural order of the names in v1. */
function inOrder(folder: UploadFolder): Content[] {
  const order = new Intl.Collator('en', { numeric: true })
  return [...folder.parts]
    .sort(([one], [other]) => order.compare(one, other))
    .map(([, { content }]) => content)
}

/** What the object store behind v2 says of its parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
function checkParts(
  { state }: NextcloudRequest,
  folder: UploadFolder,
  parts: readonly Content[],
): void {
  if (folder.version === 'v1') return
  if (parts.length === 0) throw new DavError(400, 'MalformedXML: no part was uploaded')
  if (parts.slice(0, -1).some(({ size }) => size < state.settings.chunkMin)) {
    throw new DavError(
      400,
      'EntityTooSmall: Your proposed upload is smaller than the minimum allowed size',
    )
  }
}

function refuseAssembling(folder: UploadFolder): void {
  if (folder.assembling) throw new DavError(423, `"uploads/${folder.name}/.file" is locked`)
}

function refuseForgotten(folder: UploadFolder): void {
  if (folder.version !== 'v2' || !folder.forgotten) return
  throw new DavError(
    412,
    'Missing metadata for chunked upload. The distributed cache does not hold the information of previous requests.',
  )
}

function close({ state, account }: NextcloudRequest, folder: UploadFolder): void {
  discardUpload(folder)
  state.uploads.get(account.id)?.delete(folder.name)
}

const wait = (milliseconds: number) =>
  milliseconds === 0
    ? Promise.resolve()
    : new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
