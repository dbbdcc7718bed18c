// Takes files that are dragged in from outside; anything else that is dragged is none of its business.
import { useState, type Child } from 'hono/jsx/dom'

interface DropZoneProps {
  readonly enabled: boolean
  readonly onFiles: (files: readonly File[]) => void
  readonly children?: Child
}

export function DropZone({ enabled, onFiles, children }: DropZoneProps) {
  const [over, setOver] = useState(false)
  const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
  return (
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event: DragEvent) => {
        if (!isFiles(event)) return
        // Also where nothing can be uploaded: otherwise the browser leaves the page for the file.
        event.preventDefault()
        setOver(enabled)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event: DragEvent) => {
        if (!isFiles(event)) return
        event.preventDefault()
        setOver(false)
        if (enabled) onFiles(readFiles(event.dataTransfer))
      }}
    >
      {children}
    </div>
  )
}

/** A dropped folder looks like a file without content; its reading would fail as a network error. */
function readFiles(data: DataTransfer | null): File[] {
  return [...(data?.items ?? [])]
    .filter((item) => item.kind === 'file' && item.webkitGetAsEntry()?.isDirectory !== true)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null)
}
