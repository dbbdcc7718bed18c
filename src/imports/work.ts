// What the files of one slice share while they are worked on at once: the import, its drive, and limits on memory and turns.
import type { Services } from '../app-context.ts'
import { openConnection, type LiveConnection } from '../connections/session.ts'
import type { DocumentRow } from '../documents/schema.ts'
import { findByContent, type Wanted } from './duplicates.ts'
import { createGroups, type Company } from './groups.ts'
import { LeaseLost, type Lease } from './lease.ts'
import { fitsSettled, MOST_SETTLED, settleFiles, type Settled } from './settle.ts'
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
  /** Files that take the processor for long and are fetched already: the drive's next ones wait until there are fewer. */
  readonly heavy: Budget
  /** UTF-16 units of passages that wait to be settled. */
  readonly passages: Budget
  /** Files with the same bytes are looked at one after the other. */
  readonly sameContent: Turns
  /** Makes a file what it is to be, with others in one batch. False where it was to be new, and is a document already. */
  readonly settle: (settled: Settled) => Promise<boolean>
  /** The document that has these bytes already; looked for with those of others. */
  readonly findTwin: (wanted: Wanted) => Promise<DocumentRow | undefined>
  /** Bytes that have arrived, by file: shown with the next beat. */
  readonly progress: Map<string, number>
  /** Files that the slice has done with, that it has begun and not done with, and those of them that wait for others. */
  readonly tally: { files: number } & Company
}

export interface Storage {
  readonly live: LiveConnection
  /** The folder of the documents. */
  readonly folderId: string
}

/** Bytes of files that are in memory at once: an isolate has 128 MiB for everything. */
const MEMORY = 32 * 2 ** 20
/** The longest text there is has its passages within it. */
const PASSAGES = 8_000_000
/** Each may take seconds of the processor, and all that is fetched is brought in after the slice's share. */
const HEAVY = 4

export function createWork(
  own: Pick<Work, 'services' | 'lease' | 'live' | 'signal' | 'isOver' | 'progress' | 'tally'>,
): Work {
  const { services, lease, signal, tally } = own
  // Once the import is somebody else's, or the slice is given up, nothing is done again.
  const mayPart = (error: unknown) => !signal.aborted && !(error instanceof LeaseLost)
  let storage: Promise<Storage> | undefined
  return {
    ...own,
    settle: createGroups({
      run: (group) => settleFiles(services, lease, group),
      most: MOST_SETTLED,
      fits: fitsSettled,
      mayPart,
      company: tally,
    }),
    findTwin: createGroups({
      run: (group) => findByContent(services, lease.row.userId, group),
      most: MOST_SETTLED,
      mayPart,
      company: tally,
    }),
    storage: () =>
      (storage ??= openStorage(services, lease.row.userId).catch((error: unknown) => {
        // The next file asks again.
        storage = undefined
        throw error
      })),
    memory: createBudget(MEMORY),
    reading: createTurns(),
    heavy: createBudget(HEAVY),
    passages: createBudget(PASSAGES),
    sameContent: createTurns(),
  }
}

/** Where originals are kept: the default storage, in the folder of the documents. */
export async function openStorage(services: Services, userId: string): Promise<Storage> {
  const live = await openConnection(services, userId, 'r2')
  const folderId = (await live.provider.documentFolder?.(live.session)) ?? 'root'
  return { live, folderId }
}
