// `npm run size`: bundles the Worker as `wrangler deploy` would, without a login or a network, and prints how large that is.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './worker.mjs'

/** Bytes that the platform takes, compressed (developers.cloudflare.com/workers/platform/limits). */
const LIMIT = 10 * 2 ** 20

const folder = mkdtempSync(join(tmpdir(), 'slipway-size-'))
try {
  const wrangler = resolve(root, 'node_modules/wrangler/bin/wrangler.js')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--outdir', folder],
    { cwd: root, env: { ...process.env, CI: 'true' }, encoding: 'utf8' },
  )
  if (status !== 0) {
    console.error(`${stdout}\n${stderr}\nThe Worker could not be bundled.`)
    process.exitCode = 1
  } else {
    report(readdirSync(folder).filter((name) => !/\.map$|^README\.md$/.test(name)))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function report(names) {
  let raw = 0
  const contents = names.map((name) => readFileSync(join(folder, name)))
  for (const content of contents) raw += content.length
  const compressed = gzipSync(Buffer.concat(contents)).length
  console.log(`Worker: ${kib(raw)} in ${names.length} modules, ${kib(compressed)} compressed.`)
  if (compressed > LIMIT) {
    console.error(`That is more than the ${kib(LIMIT)} that the platform takes.`)
    process.exitCode = 1
  }
}

function kib(bytes) {
  return `${(bytes / 1024).toLocaleString('en', { maximumFractionDigits: 0 })} KiB`
}
