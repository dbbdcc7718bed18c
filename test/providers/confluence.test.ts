// Confluence: the conformance suite of what is read only, and what is Confluence's alone.
import { connect } from '../connect.ts'
import { testReadOnlyConformance } from '../conformance/read-only.ts'
import { startSlipway } from '../harness.ts'

testReadOnlyConformance({
  name: 'confluence',
  folder: ['Documentation', 'Home'],
  letters: 'letters.txt',
  search: { query: 'Careful', name: 'Plan 2026' },
  open: async () => {
    const app = await startSlipway()
    const { confluence } = app.emulators
    confluence.addAttachment(
      confluence.find('Home')?.id ?? '',
      'letters.txt',
      'abcdefghijklmnopqrstuvwxyz',
      'text/plain',
    )
    const { id } = await connect(app, 'mia', 'confluence')
    return {
      app,
      call: app.as('mia'),
      connection: id,
      leftovers: () => Promise.resolve([]),
      vendorHash: () => Promise.resolve(undefined),
      close: app.close,
    }
  },
})
