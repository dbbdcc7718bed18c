// Microsoft 365: the conformance suite in OneDrive, a SharePoint library and a Teams channel, and what is its own.
import { connect } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

const REFUSED = [
  'O\'Brien\'s "quoted" file.txt',
  'question? star* pipe| less< greater> colon: back\\slash.txt',
  'trailing dot.',
  ' leading space.txt',
  'trailing space ',
  'trailing dots...',
  '~$x',
]

const HOMES: { home: string[]; wayHome?: string[] }[] = [
  { home: ['OneDrive'] },
  { home: ['SharePoint', 'Harbour crew', 'Documents'] },
  {
    home: ['Teams', 'Harbour crew', 'General'],
    // A channel's files lie in a library of its team's site, and nothing in them says that they are a channel's.
    wayHome: ['SharePoint', 'Harbour crew', 'Documents', 'General'],
  },
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
