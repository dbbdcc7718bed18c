// Downloads several files, one after the other: what begins at the same moment, browsers drop.
import { contentPath, type Item } from '../api.ts'

/** Milliseconds between the beginnings of two downloads. */
const GAP = 700

/** Begins them all; ends once the last has begun. */
export async function downloadAll(connection: string, items: readonly Item[]): Promise<void> {
  for (const [at, item] of items.entries()) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, GAP))
    const link = document.createElement('a')
    link.href = contentPath(connection, item.id)
    link.download = ''
    document.body.append(link)
    link.click()
    link.remove()
  }
}
