// Sends files with progress: one streamed PUT each, two at a time.
import { connectionPath, readProblem, type ApiError } from './api.ts'

export type Conflict = 'fail' | 'rename' | 'replace'

export interface UploadTask {
  readonly id: number
  readonly file: File
  readonly connection: string
  readonly folder: string
  readonly conflict: Conflict
  readonly sent: number
  readonly state: 'waiting' | 'sending' | 'done' | 'failed'
  readonly error?: ApiError
}

/** XMLHttpRequest, because fetch tells nothing of how far a body has gone. Resolves to an error, or to nothing. */
export function sendFile(
  task: UploadTask,
  onProgress: (bytes: number) => void,
): { readonly finished: Promise<ApiError | undefined>; readonly cancel: () => void } {
  const request = new XMLHttpRequest()
  const query = new URLSearchParams({
    parent_id: task.folder,
    name: task.file.name,
    conflict: task.conflict,
  })
  request.open('PUT', `${connectionPath(task.connection)}/content?${query.toString()}`)
  request.setRequestHeader('content-type', task.file.type || 'application/octet-stream')
  request.upload.onprogress = (event) => onProgress(event.loaded)
  const finished = new Promise<ApiError | undefined>((resolve) => {
    request.onload = () => {
      if (request.status === 201) resolve(undefined)
      else resolve(readProblem(request.status, parse(request.responseText)))
    }
    const failed = (detail: string) => () => resolve(readProblem(0, { code: 'network', detail }))
    request.onerror = failed('The network failed while the file was sent.')
    request.onabort = failed('Cancelled.')
  })
  request.send(task.file)
  return { finished, cancel: () => request.abort() }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
