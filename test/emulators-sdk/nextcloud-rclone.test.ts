// rclone, a client that knows Nextcloud, works against the emulator: lists, uploads with times and checksums, moves, downloads.
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulators, type Emulators } from '../emulators/server.ts'
import { requireServer } from '../servers/real-server.ts'

const { available, reason } = requireServer('rclone')
const run = promisify(execFile)

if (!available) {
  describe('rclone', () => it.skip(`needs a client: ${reason}`, () => undefined))
} else {
  describe('rclone', () => {
    let emulators: Emulators
    let directory: string
    let environment: Record<string, string>
    let chunks = false

    const rclone = async (...args: string[]): Promise<string> => {
      // The emulator runs in this process: rclone must not be waited for synchronously.
      const { stdout } = await run('/usr/bin/rclone', ['--retries', '1', ...args], {
        env: environment,
      })
      return stdout
    }

    beforeAll(async () => {
      emulators = await startEmulators({ port: 0 })
      directory = mkdtempSync(join(tmpdir(), 'nextcloud-rclone-'))
      environment = { HOME: directory, RCLONE_CONFIG: join(directory, 'rclone.conf') }
      writeFileSync(environment['RCLONE_CONFIG'] ?? '', '')
      const password = (await rclone('obscure', 'pässwörd:1')).trim()
      environment = {
        ...environment,
        RCLONE_CONFIG_NC_TYPE: 'webdav',
        RCLONE_CONFIG_NC_VENDOR: 'nextcloud',
        RCLONE_CONFIG_NC_URL: `${emulators.url}/nextcloud/remote.php/dav/files/ida`,
        RCLONE_CONFIG_NC_USER: 'ida@example.com',
        RCLONE_CONFIG_NC_PASS: password,
      }
      const help = await rclone('help', 'backend', 'webdav')
      // Chunked uploads came to rclone in 1.63; before that it sends one PUT.
      chunks = help.includes('nextcloud-chunk-size')
    })
    afterAll(async () => {
      await emulators.close()
      rmSync(directory, { recursive: true, force: true })
    })

    it('lists what is there, with sizes and odd names', async () => {
      emulators.nextcloud.addFile('ida', '/Odd/100% + #1 ü?.txt', 'odd\n')
      const listed = await rclone('lsf', '--recursive', '--format', 'ps', 'nc:')
      expect(listed.split('\n').filter(Boolean).sort()).toEqual([
        'Odd/100% + #1 ü?.txt;4',
        'Odd/;-1',
        'only-ida.txt;8',
      ])
      expect(await rclone('cat', 'nc:Odd/100% + #1 ü?.txt')).toBe('odd\n')
    })

    it('uploads a large file, finds it unchanged, and downloads the same bytes', async () => {
      const bytes = randomBytes(12 * 1024 * 1024 + 5)
      const file = join(directory, 'film.bin')
      writeFileSync(file, bytes)
      utimesSync(file, 1_700_000_000, 1_700_000_000)
      // rclone names its chunks by their offsets and sends no Destination with them: v1.
      emulators.nextcloud.settings.requireDestination = false
      await rclone(
        'copy',
        file,
        'nc:Films',
        ...(chunks ? ['--webdav-nextcloud-chunk-size', '5M'] : []),
      )
      const hash = createHash('sha256').update(bytes).digest('hex')
      expect(await emulators.nextcloud.sha256('ida', '/Films/film.bin')).toBe(hash)
      const item = emulators.nextcloud.item('ida', '/Films/film.bin')
      expect(item?.modified).toEqual(new Date(1_700_000_000_000))
      expect(item?.checksum).toBe(`SHA1:${createHash('sha1').update(bytes).digest('hex')}`)
      expect(emulators.nextcloud.sessions()).toEqual([])
      const checked = await rclone('check', '--one-way', '--combined', '-', file, 'nc:Films')
      expect(checked).toContain('= film.bin')
      await rclone('moveto', 'nc:Films/film.bin', 'nc:Films/moved.bin')
      await rclone('copy', 'nc:Films/moved.bin', join(directory, 'back'))
      expect(readFileSync(join(directory, 'back', 'moved.bin')).equals(bytes)).toBe(true)
      const quota = JSON.parse(await rclone('about', '--json', 'nc:')) as { used: number }
      expect(quota.used).toBeGreaterThan(bytes.length)
      await rclone('purge', 'nc:Films')
      expect(emulators.nextcloud.trash('ida').join()).toContain('/Films')
    })
  })
}
