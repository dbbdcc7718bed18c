// WebDAV: the conformance suite against the emulator, and the oddities of real servers.
import { connectWebdav } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'

testConformance({
  name: 'webdav',
  fragment: 1024 * 1024,
  searches: false,
  open: async () => {
    const app = await startSlipway()
    const { dav } = app.emulators
    const { id } = await connectWebdav(app, 'mia')
    return {
      app,
      call: app.as('mia'),
      connection: id,
      leftovers: () => Promise.resolve(findParts(dav, '/')),
      vendorHash: (_, path) => {
        const place = `/${path.join('/')}`
        return Promise.resolve(dav.exists('mia', place) ? dav.sha256('mia', place) : undefined)
      },
      close: app.close,
    }
  },
})

type Dav = Awaited<ReturnType<typeof startSlipway>>['emulators']['dav']

function findParts(dav: Dav, folder: string): string[] {
  return dav.list('mia', folder).flatMap(({ name, kind }) => {
    if (kind === 'folder') return findParts(dav, `${folder}${name}/`)
    return name.endsWith('.part') ? [name] : []
  })
}
