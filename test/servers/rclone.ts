// Starts `rclone serve webdav` over a directory; no configuration of the user is read.
import { join } from 'node:path'
import { assertInstalled, launch, password, username, type RealServer } from './real-server.ts'

/** rclone at `/`, with Basic. @throws MissingPackage when it is not installed */
export function startRclone(): Promise<RealServer> {
  assertInstalled('rclone')
  return launch({
    command: '/usr/bin/rclone',
    path: '/',
    prepare: (directory, port) => [
      'serve',
      'webdav',
      join(directory, 'files'),
      ...['--addr', `127.0.0.1:${port}`, '--user', username, '--pass', password],
      ...['--config', join(directory, 'rclone.conf'), '--cache-dir', join(directory, 'cache')],
      // A test that puts a file on disk itself expects to see it in the next listing.
      ...['--dir-cache-time', '0s'],
    ],
  })
}
