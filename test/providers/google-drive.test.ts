// Google Drive: the conformance suite, and what is Google's alone.
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

testConformance({
  name: 'google_drive',
  fragment: 256 * 1024,
  searches: true,
  open: async () => {
    const app = await startSlipway()
    const { google } = app.emulators
    const { id } = await connect(app, 'mia', 'google_drive')
    return {
      app,
      call: app.as('mia'),
      connection: id,
      leftovers: () => Promise.resolve(google.sessions()),
      vendorHash: async (item) => (google.file(item.id) ? google.sha256(item.id) : undefined),
      close: app.close,
    }
  },
})
