// Renames, deletes and moves items: seen at once, undone with the reason where the provider refuses.
import { call, itemPath, type Item } from '../api.ts'
import type { FolderView } from './folder-view.ts'
import { startJob, type Failed, type Task } from './jobs.ts'
import { ageFolder, ageOthers } from './kept-views.ts'

interface Place {
  readonly connection: string
  readonly view: FolderView
}

/** @param onAsk opens the question again: the name may be one that the provider does not take */
export function renameItem(
  { connection, view }: Place,
  item: Item,
  name: string,
  onDone: (now: Item) => void,
  onAsk: (failed: Failed) => void,
): void {
  startJob(connection, view, {
    verb: 'Rename',
    where: ` to “${name}”`,
    items: [item],
    assume: { name },
    act: () => call<Item>(itemPath(connection, item.id), 'PATCH', { name }),
    onDone: (_, now) => {
      if (now !== undefined) onDone(now)
      ageOthers(connection, view)
    },
    onAsk,
  })
}

export function deleteItems({ connection, view }: Place, items: readonly Item[]): void {
  startJob(connection, view, {
    verb: 'Delete',
    where: '',
    items,
    assume: 'gone',
    act: async (item) => {
      await call(itemPath(connection, item.id), 'DELETE')
      return undefined
    },
    onDone: () => ageOthers(connection, view),
  })
}

/** A folder that items are moved to. */
export interface Target {
  readonly id: string
  readonly name: string
}

/** @param leaves whether the list is of the folder that they leave; a search finds them as before */
export function moveItems(
  { connection, view }: Place,
  items: readonly Item[],
  target: Target,
  leaves: boolean,
): void {
  const task: Task = {
    verb: 'Move',
    where: ` to “${target.name}”`,
    items,
    assume: leaves ? 'gone' : {},
    act: async (item) => {
      const now = await call<Item>(itemPath(connection, item.id), 'PATCH', {
        parent_id: target.id,
      })
      return leaves ? undefined : now
    },
    onDone: () => {
      ageFolder(connection, target.id)
      ageOthers(connection, view)
    },
  }
  startJob(connection, view, task)
}
