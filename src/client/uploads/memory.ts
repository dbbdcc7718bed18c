// Which uploads of this person are unfinished, in this tab, in others, and left behind by tabs that are gone.
import { SlipwayError } from '../error.ts'
import type { Http } from '../http.ts'
import type { UploadView } from '../views.ts'
import {
  claimUpload,
  forgetUpload,
  keepUpload,
  listClaimed,
  listKept,
  markOf,
  type Kept,
  type KeptUpload,
} from './kept.ts'
import { terminateUpload } from './send-file.ts'
import type { UploadStore, UploadTask } from './store.ts'

/** Milliseconds until what a tab seems to be sending is looked at again: a page that is reloaded may not be gone yet. */
const LOOKS_AGAIN = [500, 3000]

export interface UploadMemory {
  /** Finds what this user left unfinished. Another user than before sees nothing of what the one before was sending. */
  readonly open: (userId: string) => Promise<void>
  /** Notes how far the server is with a task. */
  readonly keep: (task: UploadTask, kept: Kept) => void
  /** Marks a task as this tab's. */
  readonly claim: (id: number, kept: Kept) => void
  readonly forget: (task: UploadTask) => void
  /** Gives up an unfinished one: the server drops what it has. */
  readonly discard: (unfinished: KeptUpload) => void
}

/** @param stopAll stops what is being sent */
export function createMemory(http: Http, store: UploadStore, stopAll: () => void): UploadMemory {
  let user: string | undefined
  const claims = new Map<number, () => void>()

  const release = (id: number) => {
    claims.get(id)?.()
    claims.delete(id)
  }

  async function open(userId: string, looks = 0): Promise<void> {
    // Another tab has begun, finished or discarded one.
    if (user === undefined) window.addEventListener('storage', () => void open(user ?? userId))
    if (user !== undefined && user !== userId) {
      stopAll()
      for (const id of [...claims.keys()]) release(id)
      store.change({ tasks: [], unfinished: [] })
    }
    user = userId
    const claimed = await listClaimed()
    const kept = listKept(userId)
    const left = kept.filter(({ address }) => !claimed.has(address))
    const again = LOOKS_AGAIN[looks]
    if (again !== undefined && left.length < kept.length) {
      setTimeout(() => {
        if (user === userId) void open(userId, looks + 1)
      }, again)
    }
    const found = await Promise.all(left.map(look))
    if (user !== userId) return
    // Meanwhile one may have been taken up or discarded.
    const own = new Set(store.all().tasks.map((task) => task.kept?.address))
    const still = new Set(listKept(userId).map(({ address }) => address))
    const isLeft = ({ address }: KeptUpload) => still.has(address) && !own.has(address)
    store.change({ unfinished: found.filter((one) => one !== undefined).filter(isLeft) })
  }

  /** How far the server is with it; undefined once it has ended. */
  async function look(one: KeptUpload): Promise<KeptUpload | undefined> {
    try {
      const { status, offset } = await http.call<UploadView>(one.address)
      if (status === 'open') return { ...one, offset }
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.status !== 404) return one
    }
    forgetUpload(one.user, one)
    return undefined
  }

  const claim = (id: number, { address }: Kept) => {
    if (!claims.has(id)) claims.set(id, claimUpload(address))
  }

  return {
    open: (userId) => open(userId),
    claim,
    keep: ({ id, file, connection, folder }, kept) => {
      claim(id, kept)
      if (user === undefined || kept.offset === file.size) return
      keepUpload({ ...markOf(file, connection, folder), user, ...kept })
    },
    forget: ({ id, file, connection, folder }) => {
      release(id)
      if (user !== undefined) forgetUpload(user, markOf(file, connection, folder))
    },
    discard: (unfinished) => {
      terminateUpload(http, unfinished.address)
      forgetUpload(unfinished.user, unfinished)
      store.change({ unfinished: store.all().unfinished.filter((one) => one !== unfinished) })
    },
  }
}
