// Microsoft 365: the conformance suite in OneDrive, a SharePoint library and a Teams channel, and what is its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { driveOf } from '../drive.ts'
import { startSlipway, type Slipway } from '../harness.ts'

const REFUSED = [
  'O\'Brien\'s "quoted" file.txt',
  'question? star* pipe| less< greater> colon: back\\slash.txt',
  'trailing dot.',
]

const HOMES = [
  ['OneDrive'],
  ['SharePoint', 'Harbour crew', 'Documents'],
  ['Teams', 'Harbour crew', 'General'],
]

for (const { home, wayHome } of HOMES) {
  testConformance({
    name: `microsoft_365 in ${home.join(' / ')}`,
    fragment: 10 * 1024 * 1024,
    searches: home[0] === 'OneDrive' || 'elsewhere',
    home,
    ...(wayHome === undefined ? {} : { wayHome }),
    refusedNames: REFUSED,
    open: async () => {
      const app = await startSlipway()
      const { microsoft } = app.emulators
      const { id } = await connect(app, 'mia', 'microsoft_365')
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(microsoft.sessions()),
        vendorHash: async (item) => {
          const decoded = Buffer.from(item.id.slice(1), 'base64url').toString().split('\n')[1] ?? ''
          return microsoft.item(decoded) ? microsoft.sha256(decoded) : undefined
        },
        close: app.close,
      }
    },
  })
}
