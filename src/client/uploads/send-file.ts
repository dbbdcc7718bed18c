// One attempt to send a file by tus: from where the server stands to the end, to a stop, or to the trouble that ended it.
import { Upload, type DetailedError, type HttpRequest } from 'tus-js-client'
import type { SlipwayError } from '../error.ts'
import type { Http } from '../http.ts'
import type { Kept } from './kept.ts'
import { isPassing, isTransient, judge, problemOf, type End } from './trouble.ts'

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
export function sendFile(http: Http, sending: Sending, ear: Ear): () => void {
  const { file, connection, folder, conflict, address } = sending
  let over = false
  let watch: ReturnType<typeof setTimeout> | undefined
  let creating = false
  let earlier: SlipwayError | undefined
  /** Whether the token was refused and a new one is asked for: once, until the server is content again. */
  let isRenewing = false
  let isRenewable = false
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
    ...(address === undefined
      ? { endpoint: http.url(ENDPOINT) }
      : { uploadUrl: http.url(address) }),
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
      const problem = response === null ? undefined : problemOf(response)
      if (problem !== undefined && !isPassing(problem)) earlier = problem
      const canRenew = problem?.code === 'unauthorized' && !isRenewing && isRenewable
      if (canRenew) isRenewing = true
      const again = !over && (canRenew || isTransient(error))
      if (again) ear.onRetry()
      return again
    },
    onBeforeRequest: async (request) => {
      const auth = await http.authorization(isRenewing)
      if (over) throw new Error('stopped')
      isRenewable = auth !== undefined
      if (auth !== undefined) request.setHeader('Authorization', auth)
      creating = request.getMethod() === 'POST'
    },
    onAfterResponse: (_request, response) => {
      clearTimeout(watch)
      if (response.getStatus() < 400) isRenewing = false
      const offset = response.getHeader('Upload-Offset')
      const expiresAt = Date.parse(response.getHeader('Upload-Expires') ?? '')
      if (offset && !Number.isNaN(expiresAt)) note({ offset: Number(offset), expiresAt })
    },
    onUploadUrlAvailable: () => {
      creating = false
      // Where the API is for this page, by whatever name the server calls itself.
      const path = `${ENDPOINT}/${(upload.url ?? '').split('/').at(-1)}`
      upload.url = http.url(path)
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
  void chunkSize(http, file.size).then((size) => {
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
export async function askOffset(http: Http, address: string): Promise<number | undefined> {
  const headers = { 'Tus-Resumable': '1.0.0' }
  const signal = AbortSignal.timeout(15_000)
  const response = await http
    .send(address, { method: 'HEAD', headers, signal })
    .catch(() => undefined)
  const offset = response?.headers.get('Upload-Offset')
  return offset ? Number(offset) : undefined
}

/** Has the server drop what it has of a file. What cannot be told now ends by itself when it expires. */
export function terminateUpload(http: Http, address: string): void {
  let isRenewing = false
  const options = {
    retryDelays: RETRY_DELAYS,
    onShouldRetry: (error: DetailedError) => {
      const canRenew = error.originalResponse?.getStatus() === 401 && !isRenewing
      isRenewing ||= canRenew
      return canRenew || isTransient(error)
    },
    onBeforeRequest: async (request: HttpRequest) => {
      const auth = await http.authorization(isRenewing)
      if (auth !== undefined) request.setHeader('Authorization', auth)
    },
  }
  void Upload.terminate(http.url(address), options).catch(() => undefined)
}

/** Whether one may be stopped in the middle and continued. */
export const canPause = ({ size }: File): boolean => size > SMALL

const recommended = new WeakMap<Http, Promise<number>>()

/** Bytes of a request, as the server recommends; a file that needs one request alone needs no question. */
function chunkSize(http: Http, size: number): Promise<number> {
  if (size <= SMALL) return Promise.resolve(CHUNK)
  const known =
    recommended.get(http) ??
    http
      .send(ENDPOINT, { method: 'OPTIONS', signal: AbortSignal.timeout(10_000) })
      .then(({ headers }) => Number(headers.get('Slipway-Chunk-Size')) || CHUNK)
      .catch(() => {
        recommended.delete(http)
        return CHUNK
      })
  recommended.set(http, known)
  return known
}
