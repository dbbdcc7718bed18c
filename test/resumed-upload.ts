// Resumable uploads as raw requests of tus 1.0.0: one upload, its offset, its bodies, and a sender who goes away in the middle.
import { request } from 'node:http'
import type { Slipway } from './harness.ts'

const BYTES = 'application/offset+octet-stream'

export type Metadata = Readonly<Record<string, string>>

export interface Tus {
  /** POST; throws where no upload was created. */
  readonly create: (size: number, metadata: Metadata) => Promise<TusUpload>
}

export interface TusUpload {
  readonly id: string
  readonly patch: (offset: number, bytes: Uint8Array) => Promise<Response>
  /** HEAD: the status, and the offset where there is one. */
  readonly head: () => Promise<{ readonly status: number; readonly offset: number }>
  /** The item that it has become: its id. */
  readonly item: () => Promise<string | undefined>
  readonly terminate: () => Promise<Response>
  /** PATCH of which only the first `sent` bytes leave before the connection ends. */
  readonly patchAndGo: (offset: number, bytes: Uint8Array, sent: number) => Promise<void>
  /**
   * Sends what is left in bodies of `step` bytes, and after each failure asks where to go on, as clients do. Throws after too many
   * failures, or when the upload is gone.
   */
  readonly finish: (bytes: Uint8Array, step: number) => Promise<void>
}

/** Where there are several places, each request goes to another one than the request before. */
export function tusOf(app: Slipway, user: string): Tus {
  const send = app.as(user)
  let turn = 0
  const call = (path: string, method: string, headers: Metadata = {}, body?: Uint8Array) =>
    send(`/api/uploads${path}`, {
      method,
      place: turn++ % app.urls.length,
      headers: { 'tus-resumable': '1.0.0', ...headers },
      ...(body === undefined ? {} : { body: body as BodyInit }),
    })

  const open = (id: string): TusUpload => {
    const patch = (offset: number, bytes: Uint8Array) =>
      call(`/${id}`, 'PATCH', { 'content-type': BYTES, 'upload-offset': String(offset) }, bytes)
    const head = async () => {
      const { status, headers } = await call(`/${id}`, 'HEAD')
      return { status, offset: Number(headers.get('upload-offset') ?? -1) }
    }
    return {
      id,
      patch,
      head,
      item: async () => {
        const shown = (await (await call(`/${id}`, 'GET')).json()) as { item?: { id: string } }
        return shown.item?.id
      },
      terminate: () => call(`/${id}`, 'DELETE'),
      patchAndGo: async (offset, bytes, sent) => {
        const headers = {
          authorization: `Bearer ${await app.token(user)}`,
          'tus-resumable': '1.0.0',
          'content-type': BYTES,
          'upload-offset': offset,
          'content-length': bytes.length,
        }
        await leaveInside(`${app.url}/api/uploads/${id}`, headers, bytes.subarray(0, sent))
      },
      finish: async (bytes, step) => {
        let { offset } = await head()
        for (let failures = 0; offset < bytes.length;) {
          const answer = await patch(offset, bytes.subarray(offset, offset + step))
          // One that came before its request had ended may be cut off.
          await answer.body?.cancel().catch(() => undefined)
          if (answer.status === 204) {
            offset = Number(answer.headers.get('upload-offset'))
            continue
          }
          failures += 1
          const asked = await head()
          if (asked.status !== 200 || failures > 4) {
            throw new Error(`PATCH at ${offset}: ${answer.status}, HEAD: ${asked.status}`)
          }
          offset = asked.offset
        }
      },
    }
  }

  return {
    create: async (size, metadata) => {
      const pairs = Object.entries(metadata).map(
        ([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`,
      )
      const answer = await call('', 'POST', {
        'upload-length': String(size),
        'upload-metadata': pairs.join(','),
      })
      if (answer.status !== 201) throw new Error(`create: ${answer.status} ${await answer.text()}`)
      return open(answer.headers.get('location')?.split('/').at(-1) ?? '')
    },
  }
}

/** Resolves when the connection is closed; the bytes have left by then. */
function leaveInside(
  url: string,
  headers: Readonly<Record<string, string | number>>,
  bytes: Uint8Array,
): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(url, { method: 'PATCH', headers })
    outgoing.on('error', () => undefined)
    outgoing.on('close', () => resolve())
    // The rest of them would still be on its way when the connection ends.
    outgoing.write(bytes, () => setTimeout(() => outgoing.destroy(), 300))
  })
}
