// Nextcloud, in a sub-folder and at the top of its origin: the conformance suite, and what is Nextcloud's alone.
import { connectNextcloud } from '../connect.ts'
import { LONGEST_NAME } from '../conformance/names.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

for (const place of ['in a sub-folder', 'at its own origin'] as const) {
  testConformance({
    name: `nextcloud ${place}`,
    fragment: 10 * 1024 * 1024,
    searches: true,
    // The longest has 5 bytes too many for it.
    refusedNames: ['question? star* pipe| less< greater> colon: back\\slash.txt', LONGEST_NAME],
    open: async () => {
      const app = await startSlipway()
      const { nextcloud } = app.emulators
      const own = place === 'at its own origin'
      const url = own ? await nextcloud.ownOrigin() : undefined
      const { id } = await connectNextcloud(app, 'mia', url)
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(nextcloud.sessions()),
        vendorHash: (_, path) => nextcloud.sha256('mia', `/${path.join('/')}`),
        close: app.close,
      }
    },
  })
}
