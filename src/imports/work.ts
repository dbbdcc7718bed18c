// What the files of one slice share while they are worked on at once: the import, its drive, and limits on memory and turns.
import type { Services } from '../app-context.ts'
import { openConnection, type LiveConnection } from '../connections/session.ts'
import type { Lease } from './lease.ts'
import { createBudget, createTurns, type Budget, type Turns } from './turns.ts'

export interface Work {
  readonly services: Services
  readonly lease: Lease
  /** Where the files are. */
  readonly live: LiveConnection
  /** Where originals are kept. */
  readonly storage: () => Promise<Storage>
  /** Aborted when the lease is lost, or the slice gives everything up. */
  readonly signal: AbortSignal
  /** Whether the slice has done its share: nothing is begun any more, and what can be left half done is. */
  readonly isOver: () => boolean
  /** Bytes that are held at once. */
  readonly memory: Budget
  /** Reading text takes the processor: one file at a time, so that one that ends the Worker is known. */
  readonly reading: Turns
  /** Files with the same bytes are looked at one after the other. */
  readonly sameContent: Turns
  /** Bytes that have arrived, by file: shown with the next beat. */
  readonly progress: Map<string, number>
}

export interface Storage {
  readonly live: LiveConnection
  /** The folder of the documents. */
  readonly folderId: string
}

/** Bytes of files that are in memory at once: an isolate has 128 MiB for everything. */
const MEMORY = 32 * 2 ** 20

export function createWork(
  own: Pick<Work, 'services' | 'lease' | 'live' | 'signal' | 'isOver' | 'progress'>,
): Work {
  let storage: Promise<Storage> | undefined
  return {
    ...own,
    storage: () => (storage ??= openStorage(own.services, own.lease.row.userId)),
    memory: createBudget(MEMORY),
    reading: createTurns(),
    sameContent: createTurns(),
  }
}

/** Where originals are kept: the default storage, in the folder of the documents. */
export async function openStorage(services: Services, userId: string): Promise<Storage> {
  const live = await openConnection(services, userId, 'r2')
  const folderId = (await live.provider.documentFolder?.(live.session)) ?? 'root'
  return { live, folderId }
}
