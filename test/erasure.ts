// The deletion of a user as a test sees it: how far it is, how time passes, and what is left of the user anywhere.
import { expect } from 'vitest'
import { issuedSecrets } from './emulators/oauth-server.ts'
import { rows, type Slipway } from './harness.ts'
import { until } from './imports.ts'
import type { DeathPoint, Mortal } from './mortal.ts'
import { sha256 } from './sha256.ts'

export interface DeletionState {
  readonly id: string
  readonly stage: string
  readonly attempts: number
  readonly not_before: number
  readonly lease_id: string | null
}

export async function deletionOf(app: Slipway, user: string): Promise<DeletionState | undefined> {
  const [row] = await rows<DeletionState>(app, 'SELECT * FROM deletions WHERE user_id = ?', user)
  return row
}

/** DELETE /api/users/me, whose consumers die at these points. Returns the deletion's id. */
export async function askToGo(
  app: Slipway,
  mortal: Mortal,
  user: string,
  ...points: readonly DeathPoint[]
): Promise<string> {
  const answer = await app.as(user)('/api/users/me', { method: 'DELETE' })
  expect([answer.status, await answer.json()]).toEqual([202, { status: 'deleting' }])
  const id = (await deletionOf(app, user))?.id ?? ''
  expect(id).not.toBe('')
  mortal.plan(id, ...points)
  return id
}

/**
 * As if all that a deletion waits for had passed: leases, messages on their way, vendors' bad days, and the time in which work from before
 * may still be under way. That a test's consumers died so often in a row is the test's doing.
 */
export async function passDeletionTime(app: Slipway, id: string, attempts = 0): Promise<void> {
  await rows(
    app,
    `UPDATE deletions SET lease_until = MIN(lease_until, 1), dispatched_at = MIN(dispatched_at, 1), attempts = ?,
       created_at = CASE WHEN not_before > 0 THEN 1 ELSE created_at END, not_before = 0 WHERE id = ?`,
    ...[attempts, id],
  )
  await rows(app, 'UPDATE uploads SET lease_until = MIN(lease_until, 1)')
  await rows(app, 'UPDATE connections SET throttled_until = NULL')
}

/** Nobody is at work on it, and nobody is about to be. */
export async function rest(mortal: Mortal, id: string): Promise<void> {
  let seen = -1
  let idle = 0
  await until(() => {
    const lives = mortal.livesOf(id).length
    idle = mortal.isAtWork(id) || lives !== seen ? 0 : idle + 1
    seen = lives
    return idle > 4
  }, `an end of the slice of ${id}`)
}

/** Runs the clock whenever nobody is at work, until the user is gone. */
export async function comeToEnd(app: Slipway, mortal: Mortal, id: string): Promise<void> {
  for (let rounds = 0; rounds < 120; rounds++) {
    await rest(mortal, id)
    const left = await rows(app, 'SELECT stage FROM deletions WHERE id = ?', id)
    if (left.length === 0) return
    await passDeletionTime(app, id)
    const before = mortal.livesOf(id).length
    await app.runCron('* * * * *')
    await until(() => mortal.livesOf(id).length > before, `a message of ${id}`)
  }
  const at = ['deletions', 'storage_holds'].map((table) => rows(app, `SELECT * FROM ${table}`))
  throw new Error(`no end: ${JSON.stringify(await Promise.all(at))}`)
}

/** Everything that the Worker keeps or says, in words. */
async function everything(app: Slipway): Promise<Map<string, string>> {
  const found = new Map<string, string>([['logs', app.logs.join('')]])
  const tables = await rows<{ name: string }>(
    app,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  )
  for (const { name } of tables) {
    const all = await rows(app, `SELECT * FROM "${name}"`)
    found.set(`D1 ${name}`, all.map((row) => Object.values(row).map(inWords).join(' ')).join('\n'))
  }
  for (const { name } of (await app.state.list()).keys) {
    found.set(`KV ${name}`, (await app.state.get(name)) ?? '')
  }
  for (const { key } of (await app.bucket.list()).objects) {
    found.set(`R2 ${key}`, (await (await app.bucket.get(key))?.text()) ?? '')
  }
  return found
}

/** Blobs come as arrays of their bytes. */
const inWords = (cell: unknown) =>
  Array.isArray(cell) ? Buffer.from(cell as number[]).toString('latin1') : String(cell)

/** Nowhere, neither as it is nor as it is written into keys and URLs; nor any secret that a vendor has ever given out. */
export async function expectNothingOf(
  app: Slipway,
  user: string,
  marks: readonly string[],
): Promise<void> {
  const bytes = Buffer.from(user)
  // What stands for an owner in the full-text index.
  const owner = sha256(bytes).slice(0, 32)
  const words = [user, bytes.toString('base64url'), bytes.toString('hex'), owner, ...marks]
  const places: string[] = []
  for (const [place, text] of await everything(app)) {
    for (const word of [...words, ...issuedSecrets]) {
      if (`${place}\n${text}`.includes(word)) places.push(`${place}: ${word}`)
    }
  }
  expect(places).toEqual([])
}
