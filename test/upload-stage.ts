// What suites of resumable uploads begin with: a Worker, and Ann, who has a drive of every kind.
import { afterAll, afterEach, beforeAll } from 'vitest'
import { endThrottling, startSlipway, type Slipway } from './harness.ts'
import { tusUser, type TusUser } from './tus.ts'
import { UPLOAD_PLACES } from './upload-places.ts'

export interface UploadStage {
  readonly app: Slipway
  readonly ann: TusUser
}

/**
 * Opens the stage before the first test of the file that calls it, clears away after each test what vendors were told to do, and closes
 * it after the last one. Returns the ids of Ann's connections by provider, to which a test may add.
 */
export function stageUploads(take: (stage: UploadStage) => void): Map<string, string> {
  const drives = new Map<string, string>()
  let app: Slipway
  beforeAll(async () => {
    app = await startSlipway()
    take({ app, ann: tusUser(app, 'ann') })
    for (const { provider, connect } of UPLOAD_PLACES) {
      drives.set(provider, (await connect(app, 'ann')).id)
    }
  })
  afterAll(() => app.close())
  afterEach(async () => {
    app.emulators.trouble.clear()
    await endThrottling(app)
  })
  return drives
}
