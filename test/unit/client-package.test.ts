// The client as a package: a stranger's strict program compiles against its types alone, and a bundler takes it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../build-worker.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-stranger-'))
const installed = join(folder, 'node_modules/slipway-client')

beforeAll(async () => {
  const script = new URL('../../scripts/client-package.mjs', import.meta.url).href
  const { writePackage } = (await import(script)) as {
    writePackage: (folder: string) => Promise<void>
  }
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  await writePackage(installed)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PROGRAM = `
import { createSlipway, SlipwayError, type Connection, type Item } from 'slipway-client/client'
import 'slipway-client/picker'
import type { SlipwayPick } from 'slipway-client/picker'

const slipway = createSlipway({ baseUrl: 'https://slipway.example', getToken: async ({ fresh }) => (fresh ? 'b' : 'a') })

export async function main(button: HTMLButtonElement, file: File): Promise<string[]> {
  const connection: Connection = await slipway.connect('google_drive', { onLate: ({ status }) => status === 'ACTIVE' })
  const flow = await slipway.startLoginFlow('nextcloud', { server_url: 'cloud.example' })
  await flow.finished
  const names: string[] = []
  for await (const page of slipway.list(connection.id)) names.push(page.folder.name, ...page.items.map(({ name }) => name))
  for await (const item of slipway.search(connection.id, 'plan').entries()) names.push(item.etag ?? item.name)
  const stored: Item = await slipway.upload(file, { connection: connection.id, onProgress: ({ sent }) => sent.toFixed() }).finished()
  const started = await slipway.imports.start({ connection_id: connection.id, items: [stored], on_duplicate: 'replace' })
  for await (const event of slipway.imports.watch(started.id)) {
    if (event.type === 'import') names.push(String(event.import.counts.imported))
    else if (event.type === 'items') names.push(...event.items.map(({ state }) => state))
    else names.push(event.status)
  }
  for await (const { passage, document } of slipway.documents.search('plan').entries()) names.push(passage.html, document.filename)
  const picker = document.createElement('slipway-picker')
  picker.client = slipway
  picker.addEventListener('slipway-pick', ({ detail }) => names.push(...detail.items.map(({ name }) => name)))
  const pick: SlipwayPick | undefined = undefined
  button.append(picker, String(pick))
  try {
    await slipway.disconnect(connection.id)
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'reauth_required') names.push(error.message, ...error.errors.map(({ field }) => field))
  }
  // @ts-expect-error a status that the API does not know
  if (connection.status === 'GONE') return []
  // @ts-expect-error nothing of a credential is ever in a connection
  void connection.credentials
  // @ts-expect-error an order names its connection
  void slipway.imports.start({ items: [] })
  return names
}
`

it.each(['nodenext', 'bundler'])('compiles strict, without anything else (%s)', (resolution) => {
  writeFileSync(join(folder, 'main.ts'), PROGRAM)
  const compilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ noEmit: true, skipLibCheck: false, types: [], lib: ['es2022', 'dom'], target: 'es2022' },
    ...{ module: resolution === 'bundler' ? 'esnext' : 'nodenext', moduleResolution: resolution },
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['main.ts'] }),
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', folder], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

it('is taken by a bundler, with tus-js-client as its one dependency', async () => {
  writeFileSync(join(folder, 'main.ts'), PROGRAM)
  const { metafile } = await build({
    entryPoints: [join(folder, 'main.ts')],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    external: ['tus-js-client'],
    logLevel: 'silent',
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  expect(imports.map(({ path }) => path)).toEqual(['tus-js-client'])
  // The picker brings no second client.
  const inputs = Object.keys(metafile.inputs).filter((name) => name.includes('slipway-client'))
  expect(inputs).toHaveLength(2)
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  expect(Object.keys(manifest.dependencies)).toEqual(['tus-js-client'])
})
