// One user's side of the tus protocol, header by header: what its clients hide is what tests of the protocol look at.
import type { Client, Slipway } from './harness.ts'

export const OCTETS = 'application/offset+octet-stream'
export const MIB = 1024 * 1024

export type Fields = Readonly<Record<string, string | undefined>>

/** An Upload-Metadata header. */
export const metadata = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')

/** A created upload's path, of its absolute address. */
export function pathOf(response: Response): string {
  const location = response.headers.get('location')
  if (location === null) throw new Error(`no Location: ${response.status}`)
  return new URL(location).pathname
}

export type TusUser = ReturnType<typeof tusUser>

/** Requests of one user. Headers that are undefined are left out; Tus-Resumable is sent unless it is. */
export function tusUser(app: Slipway, user: string) {
  const call: Client = app.as(user)
  const send = (method: string, path: string, headers: Fields = {}, body?: Uint8Array) =>
    call(path, {
      method,
      headers: present({ 'tus-resumable': '1.0.0', ...headers }),
      ...(body === undefined ? {} : { body: body as BodyInit }),
    })
  const create = (
    size: number,
    fields: Readonly<Record<string, string>>,
    headers: Fields = {},
    body?: Uint8Array,
  ) => {
    const own = { 'upload-length': String(size), 'upload-metadata': metadata(fields) }
    return send('POST', '/api/uploads', { ...own, ...headers }, body)
  }
  return {
    user,
    call,
    send,
    create,
    /** Creates one and returns its path. Throws for any answer but 201. */
    begin: async (size: number, fields: Readonly<Record<string, string>>) => {
      const response = await create(size, fields)
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
      return pathOf(response)
    },
    patch: (path: string, offset: number, body: Uint8Array, headers: Fields = {}) =>
      send('PATCH', path, patchHeaders(offset, headers), body),
    head: (path: string) => send('HEAD', path),
    /** Status and offset, as HEAD gives them. */
    offset: async (path: string) => {
      const response = await send('HEAD', path)
      return [response.status, Number(response.headers.get('upload-offset') ?? Number.NaN)] as const
    },
    show: async (path: string) => (await (await call(path)).json()) as UploadView,
    end: async (path: string) => (await send('DELETE', path)).status,
  }
}

/**
 * What a client does after any failure: asks where to go on, and sends the rest; again when that fails. Throws with what it saw when
 * it does not come to the end.
 */
export async function finishUpload(user: TusUser, path: string, bytes: Uint8Array): Promise<void> {
  const seen: string[] = []
  for (let tries = 0; tries < 6; tries++) {
    const [status, offset] = await user.offset(path)
    seen.push(`HEAD ${status} ${offset}`)
    if (offset === bytes.length) return
    if (status !== 200 && status !== 423) break
    if (status === 423) continue
    const response = await user.patch(path, offset, bytes.subarray(offset))
    seen.push(`PATCH ${response.status} ${await response.text()}`)
    if (response.headers.get('upload-offset') === String(bytes.length)) return
  }
  throw new Error(seen.join(', '))
}

/** What GET of an upload answers. */
export interface UploadView {
  readonly id: string
  readonly status: string
  readonly offset: number
  readonly size: number
  readonly filename: string
  readonly expires_at: string
  readonly document_id?: string | null
  readonly item?: { readonly id: string; readonly name: string; readonly size: number } | null
  readonly error_code?: string | null
}

export const patchHeaders = (offset: number, headers: Fields = {}) => ({
  'content-type': OCTETS,
  'upload-offset': String(offset),
  ...headers,
})

export function present(headers: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
