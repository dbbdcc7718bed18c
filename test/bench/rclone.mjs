// The baseline of imports: `rclone copy` from the same server to a folder on disk, with its own defaults.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processOf } from './workerd.mjs'

/** Its version; undefined where it is not installed. */
export function findRclone() {
  const { status, stdout } = spawnSync('rclone', ['version'], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n')[0] : undefined
}

/** Milliseconds between two looks at what it uses. */
const LOOK = 20

/**
 * Copies a folder of a WebDAV server that takes any password. Resolves to what it took: seconds of CPU, MiB resident at most.
 * @param expected `{count, size}` of the files that must be there afterwards
 */
export async function rcloneCopy(url, folder, expected) {
  const target = mkdtempSync(join(tmpdir(), 'slipway-rclone-'))
  try {
    const args = ['copy', `:webdav,url="${url}":${folder}`, target, '--config', '', '--quiet']
    const child = spawn('rclone', args, { stdio: ['ignore', 'inherit', 'inherit'] })
    const used = watch(child)
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', resolve)
    })
    used.end()
    const sizes = readdirSync(target, { recursive: true })
      .map((path) => statSync(join(target, path)))
      .filter((found) => found.isFile())
      .map(({ size }) => size)
    const isWhole = sizes.length === expected.count && sizes.every((size) => size === expected.size)
    if (code !== 0 || !isWhole) throw new Error(`rclone: ${code}, ${sizes.length} files`)
    return used.most
  } finally {
    rmSync(target, { recursive: true })
  }
}

function watch(child) {
  const most = { cpu: 0, resident: 0 }
  const process = processOf(child.pid)
  const look = () => {
    try {
      most.cpu = process.cpu()
      most.resident = Math.max(most.resident, process.peak())
    } catch {
      // It has ended meanwhile.
    }
  }
  const timer = setInterval(look, LOOK)
  return { most, end: () => clearInterval(timer) }
}
