// The console's uploads: the client's own queue, which outlives the page that added to it.
import { slipway } from './api.ts'

export type { KeptUpload } from '../../client/uploads/kept.ts'
export { canPause } from '../../client/uploads/send-file.ts'

const { uploads } = slipway

/** Puts files into the queue. What has a name already is asked about, never replaced by itself. */
export function addUploads(files: readonly File[], connection: string, folder: string): void {
  uploads.add(files, connection, folder)
}

export const {
  open: openUploads,
  takeUp,
  discard,
  pause: pauseUpload,
  resume: resumeUpload,
  repeat: repeatUpload,
  cancel: cancelUpload,
  forgetAll: forgetAllUploads,
  resumeConnection,
  watchArrivals,
} = uploads
