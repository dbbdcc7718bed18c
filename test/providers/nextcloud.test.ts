// Nextcloud, in a sub-folder and at the top of its origin: the conformance suite, and what is Nextcloud's alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConformance } from '../conformance/provider.ts'
import { driveOf } from '../drive.ts'
import { startSlipway, type Slipway } from '../harness.ts'

const WRONG = 'the answer has another form'

async function connectNextcloud(
  app: Slipway,
  user: string,
  server_url = `${app.emulators.url}${app.emulators.nextcloud.webRoot}`,
  username = 'mia',
  password = 'secret',
): Promise<{ id: string; [key: string]: unknown }> {
  const response = await app.as(user)('/api/cloud/connections/webdav', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'nextcloud', server_url, username, password }),
  })
  const body = (await response.json()) as { id: string }
  if (response.status !== 201) throw new Error(`nextcloud: ${JSON.stringify(body)}`)
  return body
}

for (const place of ['in a sub-folder', 'at its own origin'] as const) {
  testConformance({
    name: `nextcloud ${place}`,
    fragment: 10 * 1024 * 1024,
    searches: true,
    refusedNames: ['question? star* pipe| less< greater> colon: back\\slash.txt'],
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
