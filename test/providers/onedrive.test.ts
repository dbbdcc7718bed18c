// OneDrive, for work and personal: the conformance suite, and what is Microsoft's alone.
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

const REFUSED = [
  'O\'Brien\'s "quoted" file.txt',
  'question? star* pipe| less< greater> colon: back\\slash.txt',
  'trailing dot.',
]

for (const account of ['ann@contoso.com', 'pat@outlook.com']) {
  testConformance({
    name: `onedrive of ${account}`,
    fragment: 10 * 1024 * 1024,
    searches: true,
    refusedNames: REFUSED,
    open: async () => {
      const app = await startSlipway()
      const { microsoft } = app.emulators
      const { id } = await connect(app, 'mia', 'onedrive', { account })
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(microsoft.sessions()),
        vendorHash: async (item) =>
          microsoft.item(item.id) ? microsoft.sha256(item.id) : undefined,
        close: app.close,
      }
    },
  })
}
