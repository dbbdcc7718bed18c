// Default storage: the conformance suite over R2.
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

testConformance({
  name: 'r2',
  fragment: 1024 * 1024,
  searches: false,
  open: async () => {
    const app = await startSlipway()
    const prefix = `files/${Buffer.from('mia').toString('base64url')}/`
    return {
      app,
      call: app.as('mia'),
      connection: 'r2',
      leftovers: () => Promise.resolve([]),
      vendorHash: (_, path) => app.objectHash(prefix + path.join('/')),
      close: app.close,
    }
  },
})
