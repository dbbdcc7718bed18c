// Runs a real server as a foreground child on a free loopback port and never leaves it running.
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type ServerName = 'apache' | 'nginx' | 'rclone'

export interface RealServer {
  /** The base URL, with a trailing slash. */
  readonly url: string
  readonly username: string
  readonly password: string
  /**
   * The directory on disk that is served. Folders that a test makes here itself must be open to all (mode 0777):
   * Apache gives up root.
   */
  readonly root: string
  /** Everything the server has said so far, until `stop()`. */
  readonly log: () => string
  /** Ends the process and removes its directory; safe to call twice. */
  readonly stop: () => Promise<void>
}

/** A server that is not installed; the message carries the command that installs it. */
export class MissingPackage extends Error {
  readonly command: string

  constructor(server: ServerName, command: string, files: readonly string[]) {
    super(`${server} is not installed (no ${files.join(', ')}): ${command}`)
    this.name = 'MissingPackage'
    this.command = command
  }
}

const needs: Readonly<Record<ServerName, { packages: string; files: readonly string[] }>> = {
  apache: {
    packages: 'apache2',
    files: ['/usr/sbin/apache2', '/usr/lib/apache2/modules/mod_dav_fs.so'],
  },
  nginx: {
    packages: 'nginx libnginx-mod-http-dav-ext',
    files: ['/usr/sbin/nginx', '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so'],
  },
  rclone: { packages: 'rclone', files: ['/usr/bin/rclone'] },
}

function findMissing(server: ServerName): MissingPackage | undefined {
  const { packages, files } = needs[server]
  const absent = files.filter((file) => !existsSync(file))
  if (absent.length === 0) return undefined
  return new MissingPackage(server, `apt-get install -y ${packages}`, absent)
}

/** Why a server cannot be started here, or undefined when it can. */
export function missing(server: ServerName): string | undefined {
  return findMissing(server)?.message
}

/** @throws MissingPackage when the server is not installed */
export function assertInstalled(server: ServerName): void {
  const error = findMissing(server)
  if (error) throw error
}

/**
 * Whether a suite about a server can run, for `describe.skipIf(!available)`.
 * @throws MissingPackage in CI (CI=true), where a server that is missing is a failure and no reason to skip
 */
export function requireServer(server: ServerName): { available: boolean; reason?: string } {
  const error = findMissing(server)
  if (!error) return { available: true }
  if (process.env['CI'] === 'true' || process.env['CI'] === '1') throw error
  return { available: false, reason: error.message }
}

export const username = 'mia'
export const password = 'secret'

/** A line of an htpasswd file that both Apache and nginx read ({SHA}; good enough for a throw-away password). */
export function writeHtpasswd(): string {
  return `${username}:{SHA}${createHash('sha1').update(password).digest('base64')}\n`
}

export interface Launch {
  readonly command: string
  /** Called for each attempt, as a port may be taken in the meantime. */
  readonly prepare: (directory: string, port: number) => readonly string[]
  /** The path of the base URL, such as `/dav/`. */
  readonly path: string
}

const running = new Set<ChildProcess>()

// Last resort when a test process ends without stop(); SIGTERM lets a parent end its workers too.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/** Starts a server in a directory of its own (`files` below it is served) and waits until it accepts connections. */
export async function launch(launched: Launch): Promise<RealServer> {
  const directory = mkdtempSync(join(tmpdir(), 'dav-server-'))
  chmodSync(directory, 0o755)
  const root = join(directory, 'files')
  mkdirSync(root)
  // Whatever user the server ends up as may write here (chmod, as mkdir obeys the umask).
  chmodSync(root, 0o777)
  let output = ''
  const log = (): string => {
    const file = join(directory, 'error.log')
    return output + (existsSync(file) ? readFileSync(file, 'utf8') : '')
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort()
    const child = spawn(launched.command, launched.prepare(directory, port), {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    const ended = new Promise<void>((resolve) => {
      const end = (): void => {
        running.delete(child)
        resolve()
      }
      child.once('exit', end)
      child.once('error', (error) => {
        output += `${error.message}\n`
        end()
      })
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => (output += data.toString()))
    }
    const stop = async (): Promise<void> => {
      await end(child, ended)
      rmSync(directory, { recursive: true, force: true })
    }
    if (await accepts(port, child)) {
      const url = `http://127.0.0.1:${port}${launched.path}`
      return { url, username, password, root, log, stop }
    }
    await end(child, ended)
    if (attempt === 3) {
      const said = log()
      await stop()
      throw new Error(`${launched.command} did not start: ${said}`)
    }
  }
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (!running.has(child)) return
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(hard)
}

/** Waits up to 10 s for the port; false when the process ended before. */
async function accepts(port: number, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline && running.has(child)) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    // A process that ends at once lost the port to another one that answered in its place.
    if (connected) return running.has(child)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return false
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
