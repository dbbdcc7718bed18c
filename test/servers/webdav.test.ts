// Real WebDAV servers pass the conformance suite: Apache mod_dav with Basic and Digest, nginx with dav-ext, rclone.
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { connectWebdav } from '../connect.ts'
import { testConformance } from '../conformance/provider.ts'
import { startSlipway } from '../harness.ts'
import { startApache } from './apache.ts'
import { startNginx } from './nginx.ts'
import { startRclone } from './rclone.ts'
import { requireServer, type RealServer, type ServerName } from './real-server.ts'
import { sha256 } from '../sha256.ts'

const SERVERS: readonly {
  readonly name: string
  readonly server: ServerName
  readonly start: () => Promise<RealServer>
}[] = [
  { name: 'Apache (Basic)', server: 'apache', start: () => startApache({ auth: 'basic' }) },
  { name: 'Apache (Digest)', server: 'apache', start: () => startApache({ auth: 'digest' }) },
  { name: 'nginx', server: 'nginx', start: () => startNginx() },
  { name: 'rclone', server: 'rclone', start: () => startRclone() },
]

for (const { name, server, start } of SERVERS) {
  const { available, reason } = requireServer(server)
  if (!available) {
    describe(name, () => it.skip(`needs a server: ${reason}`, () => undefined))
    continue
  }
  testConformance({
    name: `webdav on ${name}`,
    fragment: 1024 * 1024,
    searches: false,
    hidesDotFiles: server === 'nginx',
    // rclone writes control characters as symbols.
    respeltNames: server === 'rclone' ? ['delete \u007f.txt'] : [],
    open: async () => {
      const real = await start()
      const app = await startSlipway()
      const { id } = await connectWebdav(app, 'mia', real)
      return {
        app,
        call: app.as('mia'),
        connection: id,
        leftovers: () => Promise.resolve(findParts(real.root)),
        vendorHash: (_, path) => {
          const file = join(real.root, ...path)
          return Promise.resolve(existsSync(file) ? sha256(readFileSync(file)) : undefined)
        },
        close: async () => {
          await app.close()
          await real.stop()
        },
      }
    },
  })
}

function findParts(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.part'),
  )
}
