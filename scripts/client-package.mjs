// The client as a package for bundlers, in build/package: modules, their types, and tus-js-client as the one dependency.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { client, path, picker } from './client-bundles.mjs'

/** @param folder what is in it is deleted first */
export async function writePackage(folder) {
  rmSync(folder, { recursive: true, force: true })
  const external = ['tus-js-client']
  await build({ ...client, outfile: join(folder, 'client.js'), external })
  await build({ ...picker, outfile: join(folder, 'picker.js') })
  writeTypes(join(folder, 'types'))
  const { version, license, engines, dependencies } = JSON.parse(
    readFileSync(path('package.json'), 'utf8'),
  )
  const manifest = {
    name: 'slipway-client',
    version,
    license,
    engines,
    type: 'module',
    sideEffects: ['./picker.js'],
    exports: {
      './client': { types: './types/slipway.d.ts', default: './client.js' },
      './picker': { types: './types/picker/picker.d.ts', default: './picker.js' },
    },
    dependencies: { 'tus-js-client': dependencies['tus-js-client'] },
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

function writeTypes(types) {
  const compiler = path('node_modules/typescript/bin/tsc')
  const options = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration']
  const { status, stdout } = spawnSync(
    process.execPath,
    [compiler, '-p', path('src/client/tsconfig.json'), ...options, '--outDir', types],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The types could not be written.\n${stdout}`)
  for (const name of readdirSync(types, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue
    // Whoever has not asked for names with .ts is not made to.
    const text = readFileSync(join(types, name), 'utf8')
    writeFileSync(join(types, name), text.replace(/(from '\.[^']*)\.ts'/g, "$1.js'"))
  }
}
