// Seals what a vendor gave an import to go on with: cursors, and how far a copy is.
import type { Services } from '../app-context.ts'
import { open, openKept, seal } from '../crypto/seal.ts'
import { ensureUser } from '../users/store.ts'
import type { ImportRow } from './schema.ts'

type SealServices = Pick<Services, 'db' | 'now' | 'keyring'>
type Owner = Pick<ImportRow, 'id' | 'userId'>

/** @param record what of the import it belongs to: the id of a folder or a file. */
export async function sealState(
  services: SealServices,
  owner: Owner,
  record: string,
  state: unknown,
): Promise<string> {
  return seal(services.keyring, await contextOf(services, owner, record), state)
}

export async function openState<T>(
  services: SealServices,
  owner: Owner,
  record: string,
  sealed: string,
): Promise<T> {
  return (await open<T>(services.keyring, await contextOf(services, owner, record), sealed)).value
}

/** The same; what an old key has sealed is sealed anew. @param replace writes it over the text that was read */
export async function openKeptState<T>(
  services: SealServices & Pick<Services, 'background'>,
  owner: Owner,
  record: string,
  sealed: string,
  replace: (fresh: string) => PromiseLike<unknown>,
): Promise<T> {
  return openKept<T>(services, await contextOf(services, owner, record), sealed, replace)
}

async function contextOf({ db, now }: SealServices, { id, userId }: Owner, record: string) {
  const { salt } = await ensureUser(db, userId, now())
  return { userId, salt, record: `${id} ${record}`, field: 'import_state' }
}
