// An import as its user sees it, the waits of a test, and the passing of time.
import { rows, type Slipway } from './harness.ts'

export interface ImportView {
  readonly id: string
  readonly status: 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'
  readonly pause_reason: string | null
  readonly resume_at: string | null
  readonly error: string | null
  readonly planned: boolean
  readonly counts: Readonly<Record<string, number>>
  readonly folders: Readonly<Record<string, number>>
  readonly chunks: number
}

export interface ImportOrder {
  readonly connection_id: string
  readonly items: readonly { readonly id: string }[]
  readonly keep_original?: boolean
  readonly on_duplicate?: 'skip' | 'replace' | 'keep_both'
  readonly category?: string
}

/** POST /api/imports. Returns the import's id. */
export async function startImport(app: Slipway, user: string, order: ImportOrder): Promise<string> {
  const response = await app.as(user)('/api/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  })
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { import_id: string }).import_id
}

export async function showImport(app: Slipway, user: string, id: string): Promise<ImportView> {
  const response = await app.as(user)(`/api/imports/${id}`)
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as ImportView
}

/** POST …/cancel, pause, resume or retry. */
export async function tellImport(
  app: Slipway,
  user: string,
  id: string,
  what: 'cancel' | 'pause' | 'resume' | 'retry',
): Promise<Response> {
  return app.as(user)(`/api/imports/${id}/${what}`, { method: 'POST' })
}

export const pauseFor = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Asks until the answer is a true one. Throws when it never is. @param seconds how long it may take. */
export async function until<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  what: string | (() => string | Promise<string>),
  seconds = 30,
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pauseFor(15)) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
  }
  throw new Error(`It never came: ${typeof what === 'string' ? what : await what()}`)
}

export interface ImportState {
  readonly status: ImportView['status']
  readonly pause_reason: string | null
  readonly resume_at: number | null
  readonly lease_id: string | null
}

/** The row, which asks nothing of the Worker. */
export async function stateOf(app: Slipway, id: string): Promise<ImportState> {
  const [row] = await rows<ImportState>(
    app,
    'SELECT status, pause_reason, resume_at, lease_id FROM imports WHERE id = ?',
    id,
  )
  if (row === undefined) throw new Error(`no import ${id}`)
  return row
}

/** Waits until its status is this one. */
export const untilStatus = (
  app: Slipway,
  id: string,
  status: ImportView['status'],
  seconds?: number,
) =>
  until(
    async () => {
      const state = await stateOf(app, id)
      return state.status === status && state
    },
    `${id} ${status}`,
    seconds,
  )

/** As if all that an import waits for had passed: leases, messages on their way, pauses, and what is tried again later. */
export async function passTime(app: Slipway, id: string): Promise<void> {
  await rows(
    app,
    `UPDATE imports SET lease_until = MIN(lease_until, 1), dispatched_at = MIN(dispatched_at, 1),
       resume_at = MIN(resume_at, 1) WHERE id = ?`,
    id,
  )
  await rows(app, 'UPDATE import_folders SET not_before = 0 WHERE import_id = ?', id)
  await rows(app, 'UPDATE import_items SET not_before = 0 WHERE import_id = ?', id)
  await rows(app, 'UPDATE connections SET throttled_until = NULL')
}

export interface ItemState {
  readonly name: string
  readonly state: string
  readonly reason: string | null
  readonly attempts: number
}

/** Every file of an import, by its name. */
export async function itemsOf(app: Slipway, id: string): Promise<Map<string, ItemState>> {
  const found = await rows<ItemState>(
    app,
    'SELECT name, state, reason, attempts FROM import_items WHERE import_id = ? ORDER BY name',
    id,
  )
  return new Map(found.map((item) => [item.name, item]))
}

/** The provider's id of what lies at the top of a drive. */
export async function findItem(
  app: Slipway,
  user: string,
  connectionId: string,
  name: string,
): Promise<string> {
  const answer = await app.as(user)(
    `/api/cloud/connections/${connectionId}/items?fresh=1&limit=1000`,
  )
  const { items } = (await answer.json()) as { items: { id: string; name: string }[] }
  const item = items.find((one) => one.name === name)
  if (item === undefined) throw new Error(`no ${name}`)
  return item.id
}
