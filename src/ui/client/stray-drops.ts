// Files that are dropped beside the place for them do not take the page away: they are refused with where to drop them.
import { warn } from './toasts.ts'

/** From now on the browser opens no file that is dropped on the page. */
export function catchStrayDrops(): void {
  const isStray = (event: DragEvent) =>
    !event.defaultPrevented &&
    event.dataTransfer?.types.includes('Files') === true &&
    // It takes files by itself.
    !(event.target instanceof Element && event.target.matches('input[type=file]'))
  window.addEventListener('dragover', (event) => {
    // Without this there is no drop to be answered, and the browser leaves the page for the file.
    if (isStray(event)) event.preventDefault()
  })
  window.addEventListener('drop', (event) => {
    if (!isStray(event)) return
    event.preventDefault()
    warn('Open the folder where the files are to go, and drop them on its list.')
  })
}
