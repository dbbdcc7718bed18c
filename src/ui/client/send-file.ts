// One attempt to send a file by tus: from where the server stands to the end, to a stop, or to the trouble that ended it.
import { Upload } from 'tus-js-client'
import type { ApiError } from './api.ts'
import { isPassing, isTransient, judge, problemOf, type End } from './upload-trouble.ts'

const ENDPOINT = '/api/uploads'
/** Bytes of a request where the server recommends nothing. */
const CHUNK = 50 * 1024 ** 2
/** Bytes up to which a file goes with the request that creates the upload: it cannot be paused, and hardly needs to be. */
const SMALL = 1024 ** 2
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000]
/** Milliseconds without a single byte going out, after which the connection counts as lost. */
const PATIENCE = 60_000

export interface Sending {
  readonly file: File
  readonly connection: string
  readonly folder: string
  readonly conflict: string
  /** Where an earlier attempt began it. */
  readonly address: string | undefined
}

/** What the server has of a file. */
export interface Kept {
  /** The upload's path at the API. */
  readonly address: string
  /** Bytes. */
  readonly offset: number
  /** Until when the server keeps it: milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface Ear {
  /** Bytes that are on their way. */
  readonly onProgress: (bytes: number) => void
  /** The server has this: the file can be continued from there. */
  readonly onKept: (kept: Kept) => void
  /** Something failed, and is tried again by itself. */
  readonly onRetry: () => void
  /** No other call comes after it. */
  readonly onEnd: (end: End) => void
}

/** Begins at once; returns how to stop, after which nothing is heard of it but what a creation under way brings. */
export function sendFile(sending: Sending, ear: Ear): () => void {
  const { file, connection, folder, conflict, address } = sending
  let over = false
  let watch: ReturnType<typeof setTimeout> | undefined
  let creating = false
  let earlier: ApiError | undefined
  let known: Partial<Kept> = { ...(address === undefined ? {} : { address }) }
  let isKnown = address !== undefined
  const note = (news: Partial<Kept>) => {
    if (over && isKnown) return
    known = { ...known, ...news }
    const { address: at, offset, expiresAt } = known
    if (at === undefined || offset === undefined || expiresAt === undefined) return
    isKnown = true
    ear.onKept({ address: at, offset, expiresAt })
  }
  const end = (result: End) => {
    if (over) return
    over = true
    clearTimeout(watch)
    ear.onEnd(result)
  }
  const giveUp = () => {
    void upload.abort()
    end({ kind: 'held', reason: 'network', delay: 0 })
  }
  // Where a taken name is no obstacle, an answer that is lost must not lead to a second file.
  const isSmall = file.size > 0 && file.size <= SMALL && conflict !== 'rename'
  const upload = new Upload(file, {
    ...(address === undefined ? { endpoint: ENDPOINT } : { uploadUrl: address }),
    metadata: {
      filename: file.name,
      filetype: file.type || 'application/octet-stream',
      connection_id: connection,
      parent_id: folder,
      conflict,
    },
    uploadDataDuringCreation: isSmall,
    // What is unfinished is remembered by itself: this library's own memory has no owner and no end.
    storeFingerprintForResuming: false,
    retryDelays: RETRY_DELAYS,
    onShouldRetry: (error) => {
      const response = error.originalResponse
      if (response !== null && !isPassing(problemOf(response))) earlier = problemOf(response)
      const again = !over && isTransient(error)
      if (again) ear.onRetry()
      return again
    },
    onBeforeRequest: (request) => {
      if (over) throw new Error('stopped')
      creating = request.getMethod() === 'POST'
    },
    onAfterResponse: (_request, response) => {
      clearTimeout(watch)
      const offset = response.getHeader('Upload-Offset')
      const expiresAt = Date.parse(response.getHeader('Upload-Expires') ?? '')
      if (offset && !Number.isNaN(expiresAt)) note({ offset: Number(offset), expiresAt })
    },
    onUploadUrlAvailable: () => {
      creating = false
      // The console's own origin, by whatever name the server calls itself.
      const path = new URL(upload.url ?? '', location.href).pathname
      upload.url = path
      // From here on a failure must not begin another upload.
      upload.options.endpoint = null
      note({ address: path })
      if (over) void upload.abort()
    },
    onProgress: (bytes) => {
      if (over) return
      clearTimeout(watch)
      // Once a request is sent, it is the server's turn, and that takes its time.
      const sent = Math.min(file.size, (known.offset ?? 0) + (upload.options.chunkSize ?? CHUNK))
      if (bytes > 0 && bytes < sent) watch = setTimeout(giveUp, PATIENCE)
      ear.onProgress(bytes)
    },
    onSuccess: () => end({ kind: 'done' }),
    onError: (error) => void judge(error, file, earlier).then(end),
  })
  void chunkSize(file.size).then((size) => {
    if (over) return
    upload.options.chunkSize = size
    upload.start()
  })
  return () => {
    over = true
    clearTimeout(watch)
    // A creation without bytes is waited for: otherwise nobody would know what it began.
    if (!creating || isSmall) void upload.abort()
  }
}

/** Bytes that the server has, once it is done with what was cut off; undefined if it cannot be asked. */
export async function askOffset(address: string): Promise<number | undefined> {
  const init = { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } }
  const response = await fetch(address, { ...init, signal: AbortSignal.timeout(15_000) }).catch(
    () => undefined,
  )
  const offset = response?.ok ? response.headers.get('Upload-Offset') : undefined
  return offset ? Number(offset) : undefined
}

/** Has the server drop what it has of a file. What cannot be told now ends by itself when it expires. */
export function terminateUpload(address: string): void {
  const options = { retryDelays: RETRY_DELAYS, onShouldRetry: isTransient }
  void Upload.terminate(address, options).catch(() => undefined)
}

/** Whether one may be stopped in the middle and continued. */
export const canPause = ({ size }: File): boolean => size > SMALL

let recommended: Promise<number> | undefined

/** Bytes of a request, as the server recommends; a file that needs one request alone needs no question. */
function chunkSize(size: number): Promise<number> {
  if (size <= SMALL) return Promise.resolve(CHUNK)
  recommended ??= fetch(ENDPOINT, { method: 'OPTIONS', signal: AbortSignal.timeout(10_000) })
    .then(({ headers }) => Number(headers.get('Slipway-Chunk-Size')) || CHUNK)
    .catch(() => {
      recommended = undefined
      return CHUNK
    })
  return recommended
}
