// What is known of the uploads of this page, for whoever shows it.
import { slipway } from './api.ts'

export type { Conflict, UploadList as Uploads, UploadTask } from '../../client/uploads/store.ts'

export const { all: allUploads, watch: watchUploads } = slipway.uploads
