// Stands in for the import's own dialog.
import type { Item } from '../api.ts'
import { Dialog } from '../dialog.tsx'

interface ImportDialogProps {
  readonly connection: string
  readonly items: readonly Pick<Item, 'id' | 'name'>[]
  readonly onReconnect?: (() => void) | undefined
  readonly onClose: () => void
}

export function ImportDialog({ items, onClose }: ImportDialogProps) {
  return (
    <Dialog title={`Import ${items.length} items`} onClose={onClose}>
      <button onClick={onClose}>Close</button>
    </Dialog>
  )
}
