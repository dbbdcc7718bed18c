// tus-js-client as a program would use it: one upload with a user's token, and a promise for how it ends.
import * as tus from 'tus-js-client'
import type { DetailedError, PreviousUpload, UploadOptions } from 'tus-js-client'
import type { Slipway } from './harness.ts'

export interface Running {
  readonly upload: tus.Upload
  /** The requests so far: their methods, in order. */
  readonly methods: string[]
  /** Resolves with the last answer's Content-Location, rejects with the client's error. Never settles after an abort. */
  readonly done: Promise<string | undefined>
}

/** Prepares an upload; nothing is sent before `start`. */
export async function prepare(
  app: Slipway,
  user: string,
  bytes: Uint8Array,
  options: UploadOptions,
): Promise<Running> {
  const token = await app.token(user)
  const methods: string[] = []
  let upload: tus.Upload | undefined
  const done = new Promise<string | undefined>((resolve, reject) => {
    upload = new tus.Upload(Buffer.from(bytes), {
      endpoint: `${app.url}/api/uploads`,
      headers: { authorization: `Bearer ${token}` },
      retryDelays: null,
      onBeforeRequest: (request) => void methods.push(request.getMethod()),
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader('Content-Location')),
      onError: reject,
      ...options,
    })
  })
  done.catch(() => undefined)
  if (upload === undefined) throw new Error('the promise runs at once')
  return { upload, methods, done }
}

/** Uploads to the end. */
export async function uploadAll(
  app: Slipway,
  user: string,
  bytes: Uint8Array,
  options: UploadOptions,
): Promise<Running> {
  const running = await prepare(app, user, bytes, options)
  running.upload.start()
  await running.done
  return running
}

/** Starts, and goes away when so many bytes have been sent. */
export async function uploadSome(
  app: Slipway,
  user: string,
  bytes: Uint8Array,
  options: UploadOptions,
  enough: number,
): Promise<Running> {
  let stop: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  let isEnough = false
  const onProgress = (sent: number) => {
    if (isEnough || sent < enough) return
    isEnough = true
    void running.upload.abort().then(stop)
  }
  const running = await prepare(app, user, bytes, { ...options, onProgress })
  running.upload.start()
  await Promise.race([stopped, running.done.then(() => Promise.reject(new Error('not stopped')))])
  return running
}

interface UrlStorage {
  findUploadsByFingerprint: (fingerprint: string) => Promise<PreviousUpload[]>
}

/** The client's own memory of uploads in a file; its types leave the class out. */
export function fileStorage(path: string): UploadOptions['urlStorage'] & UrlStorage {
  const { FileUrlStorage } = tus as unknown as {
    FileUrlStorage: new (path: string) => NonNullable<UploadOptions['urlStorage']>
  }
  return new FileUrlStorage(path)
}

/** Status and body of the answer that the client failed with. */
export function failureOf(error: unknown): { readonly status: number; readonly body: string } {
  const response = (error as DetailedError).originalResponse
  return { status: response?.getStatus() ?? 0, body: response?.getBody() ?? '' }
}
