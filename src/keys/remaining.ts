// What still needs which older key: an operator may take a key away when nothing does.
import { eq } from 'drizzle-orm'
import type { Services } from '../app-context.ts'
import { keyPasses } from './schema.ts'
import { SEALED_COLUMNS } from './sealed-columns.ts'
import { countOthers } from './sealed-rows.ts'

export interface KeyUse {
  /** Null: of text that is in no sealed form. */
  readonly id: string | null
  readonly isConfigured: boolean
  /** Rows under it. */
  readonly remaining: number
  /** Of these, those that did not open; without the key, all of them. */
  readonly failed: number
}

/** Every older key that is configured or that a row is under. Reads what remains, and nothing else. */
export async function countRemaining(
  services: Pick<Services, 'db' | 'keyring'>,
): Promise<KeyUse[]> {
  const { db, keyring } = services
  const [passes, ...counts] = await Promise.all([
    db.select().from(keyPasses).where(eq(keyPasses.target, keyring.currentId)),
    ...SEALED_COLUMNS.map((column) => countOthers(services, column, keyring.currentId)),
  ])
  const found = counts.flat()
  const ids = new Set([...keyring.oldIds, ...found.map(({ id }) => id).sort()])
  return [...ids].map((id) => {
    const isConfigured = keyring.oldIds.includes(id)
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
    const remaining = sum(found.filter((one) => one.id === id).map(({ rows }) => rows))
    const failed = sum(passes.filter(({ keyId }) => keyId === id).map((pass) => pass.failed))
    return {
      id: id === '' ? null : id,
      isConfigured,
      remaining,
      // One that failed may have gone since.
      failed: isConfigured ? Math.min(failed, remaining) : remaining,
    }
  })
}
