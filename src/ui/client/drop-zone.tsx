// Takes files and folders that are dragged in from outside; anything else that is dragged is none of its business.
import { useState, type Child } from 'hono/jsx/dom'
import { takeEntries } from './files/read-tree.ts'

interface DropZoneProps {
  readonly enabled: boolean
  /** Files alone: no folder is among them. */
  readonly onFiles: (files: readonly File[]) => void
  readonly onEntries: (entries: readonly FileSystemEntry[]) => void
  readonly children?: Child
}

export function DropZone({ enabled, onFiles, onEntries, children }: DropZoneProps) {
  const [over, setOver] = useState(false)
  const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
  const take = (data: DataTransfer | null) => {
    // A dropped folder looks like a file without content, too; its reading would fail as a network error.
    const entries = takeEntries(data)
    if (entries.some(({ isDirectory }) => isDirectory)) onEntries(entries)
    else onFiles([...(data?.files ?? [])])
  }
  return (
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event: DragEvent) => {
        // Where nothing can be uploaded, it is the page that says so.
        if (!enabled || !isFiles(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event: DragEvent) => {
        // From one thing in it to another is not out of it.
        const zone = event.currentTarget as HTMLElement
        if (!zone.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event: DragEvent) => {
        if (!enabled || !isFiles(event)) return
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer)
      }}
    >
      {children}
    </div>
  )
}
