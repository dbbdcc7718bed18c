// The default storage of users whose quota is small: written through the API, measured in the bucket and in the rows.
import { expect } from 'vitest'
import type { Item } from './conformance/scene.ts'
import { rows, type Slipway } from './harness.ts'

/** Bytes, of each user. */
export const QUOTA = 1_000_000
export const R2 = '/api/cloud/connections/r2'
export const FULL = '507 quota_exceeded'

interface Usage {
  readonly used: number
  readonly reserved: number
  readonly quota: number | null
}

export const codeOf = async (response: Response) => {
  const { status, code } = (await response.json()) as { status: number; code: string }
  return `${status} ${code}`
}
/** Where the bucket has what is a user's. */
export const prefixOf = (user: string) => `files/${Buffer.from(user).toString('base64url')}/`

/** `app` is asked at each call: the Worker is started only when the tests begin. */
export function defaultStorage(app: () => Slipway) {
  const put = (
    user: string,
    name: string,
    body: Uint8Array | string,
    { place = 0, ...query }: { place?: number; conflict?: string; parent_id?: string } = {},
  ) =>
    app().as(user)(`${R2}/content?${new URLSearchParams({ name, ...query })}`, {
      method: 'PUT',
      body: body as BodyInit,
      place,
    })
  const putItem = async (...args: Parameters<typeof put>): Promise<Item> => {
    const response = await put(...args)
    expect(response.status).toBe(201)
    return (await response.json()) as Item
  }
  const remove = (user: string, { id }: { readonly id: string }, place = 0) =>
    app().as(user)(`${R2}/items/${id}`, { method: 'DELETE', place })
  const send = async (user: string, path: string, method: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await app().as(user)(path, { method, headers, body: JSON.stringify(body) })
    expect(response.ok).toBe(true)
    return (await response.json()) as Item
  }
  const usage = async (user: string): Promise<Usage> => {
    const me = await app().as(user)('/api/users/me')
    return ((await me.json()) as { storage: Usage }).storage
  }
  /** What the bucket has of a user. */
  const stored = async (user: string) => {
    const { objects } = await app().bucket.list({ prefix: prefixOf(user) })
    return objects.reduce((sum, { size }) => sum + size, 0)
  }
  const holdsOf = (user: string) =>
    rows<{ id: string; bytes: number }>(
      app(),
      'SELECT * FROM storage_holds WHERE user_id = ?',
      user,
    )
  /** Exactly what is there is charged, and nothing is held. */
  const expectExact = async (user: string, bytes: number) => {
    expect(await stored(user)).toBe(bytes)
    expect(await usage(user)).toEqual({ used: bytes, reserved: 0, quota: QUOTA })
    expect(await holdsOf(user)).toEqual([])
  }
  return { put, putItem, remove, send, usage, stored, expectExact }
}
