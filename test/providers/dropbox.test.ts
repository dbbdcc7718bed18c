// Dropbox, personal and in a team space: the conformance suite, and what is Dropbox's alone.
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

for (const account of ['mia@example.com', 'franz@acme.example']) {
  testConformance({
    name: `dropbox of ${account}`,
    fragment: 24 * 1024 * 1024,
    searches: true,
    refusedNames: [
      'question? star* pipe| less< greater> colon: back\\slash.txt',
      'trailing dot.',
      'trailing space ',
      'trailing dots...',
      'delete \u007f.txt',
    ],
    open: async () => {
      const app = await startSlipway()
      const { dropbox } = app.emulators
      const { id } = await connect(app, 'mia', 'dropbox', { account })
      return {
        app,
        call: app.as('mia'),
        connection: id,
        // Upload sessions cannot be cancelled: they show nothing, and end by themselves.
        leftovers: () => Promise.resolve([]),
        vendorHash: async (item) =>
          dropbox.item(`id:${item.id}`) ? dropbox.sha256(`id:${item.id}`) : undefined,
        close: app.close,
      }
    },
  })
}
