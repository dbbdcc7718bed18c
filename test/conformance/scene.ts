// The drive that a conformance suite is played in: opened once, with a folder of its own, and everything that is asked of it by HTTP.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Client, Slipway } from '../harness.ts'
import { NAMES } from './names.ts'

/** A connected drive. */
export interface Drive {
  readonly app: Slipway
  readonly call: Client
  /** The API's id of the connection. */
  readonly connection: string
  /** Upload sessions and temporary files that are open at the vendor. */
  readonly leftovers: () => Promise<string[]>
  /** SHA-256 (hex) of the bytes that the vendor has for an item of the API; undefined when it has none. */
  readonly vendorHash: (item: Item, path: readonly string[]) => Promise<string | undefined>
  readonly close: () => Promise<void>
}

export interface Conformance {
  readonly name: string
  readonly open: () => Promise<Drive>
  /** Bytes per request of the vendor: uploads are tried around it. */
  readonly fragment: number
  /** `elsewhere`: it can, but not where the suite makes its folder. */
  readonly searches: boolean | 'elsewhere'
  /** Names of the folders that lead from the top to one in which things can be made; none where the top is such a one. */
  readonly home?: readonly string[]
  /** The names by which things made there tell the way to them, if it is another. */
  readonly wayHome?: readonly string[]
  /** Names that the vendor refuses; each must be said to be wrong, as a field. */
  readonly refusedNames?: readonly string[]
  /** Names that the server spells otherwise on its disk, and then does not find. */
  readonly respeltNames?: readonly string[]
  /** The server leaves names that begin with a dot out of its listings. */
  readonly hidesDotFiles?: boolean
}

export interface Item {
  readonly id: string
  readonly name: string
  readonly is_folder: boolean
  readonly size: number | null
  readonly etag: string | null
  readonly parent_id?: string
  readonly exportable_as?: readonly string[]
}

export interface Listing {
  readonly items: Item[]
  readonly next_cursor: string | null
  readonly folder: { id: string; name: string; path: { id: string; name: string }[] }
}

export type Scene = ReturnType<typeof openScene>

/** Opens the drive before the first test of the `describe` in which it is called, and closes it after the last one. */
export function openScene(target: Conformance) {
  let drive: Drive
  /** Where the suite makes its folder. */
  let home = 'root'
  let folder: Item

  const base = () => `/api/cloud/connections/${drive.connection}`
  const send = (path: string, init?: Parameters<Client>[1]) => drive.call(base() + path, init)
  const json = async <T>(response: Response, status = 200): Promise<T> => {
    const text = await response.text()
    expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `))
    return JSON.parse(text) as T
  }
  const problem = async (response: Response) =>
    (await response.json()) as {
      code: string
      status: number
      errors?: { field: string; message: string }[]
    }
  /** The field is named, with what is wrong with it. */
  const expectBadName = async (response: Response) => {
    const refused = await problem(response)
    expect(refused).toMatchObject({ status: 422, code: 'invalid_request' })
    expect(refused.errors?.[0]?.field).toMatch(/^(?:(?:query|body)\.)?name$/)
    expect(refused.errors?.[0]?.message).toMatch(/^(?:must|is|holds) .+/)
  }
  const post = (path: string, body: unknown, method = 'POST') =>
    send(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const makeFolder = async (name: string, parent = folder.id) =>
    json<Item>(await post('/folders', { parent_id: parent, name }), 201)
  const put = (name: string, body: Uint8Array | string, query: Record<string, string> = {}) => {
    const params = new URLSearchParams({ parent_id: folder.id, name, ...query })
    return send(`/content?${params}`, { method: 'PUT', body: body as BodyInit })
  }
  const upload = async (name: string, body: Uint8Array | string, query = {}) =>
    json<Item>(await put(name, body, query), 201)
  const list = async (folderId: string, query: Record<string, string> = {}) =>
    json<Listing>(
      await send(`/items?${new URLSearchParams({ folder_id: folderId, fresh: '1', ...query })}`),
    )
  const fetchContent = (id: string, headers: Record<string, string> = {}) =>
    send(`/items/${id}/content`, { headers })

  beforeAll(async () => {
    drive = await target.open()
    for (const name of target.home ?? []) {
      home = (await list(home)).items.find((item) => item.name === name)?.id ?? ''
    }
    const name = `conformance-${randomBytes(4).toString('hex')}`
    folder = await json<Item>(await post('/folders', { name, parent_id: home }), 201)
  })
  afterAll(async () => {
    await drive?.close()
  })

  return {
    target,
    /** Names to try. */
    names: NAMES.filter((name) => target.respeltNames?.includes(name) !== true),
    get drive() {
      return drive
    },
    get home() {
      return home
    },
    /** The suite's own. */
    get folder() {
      return folder
    },
    base,
    send,
    json,
    problem,
    expectBadName,
    post,
    makeFolder,
    put,
    upload,
    list,
    fetchContent,
  }
}
