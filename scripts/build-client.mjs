// Bundles what runs in browsers into build/: the console, and the client and the picker that other pages load. `--package`: also for bundlers.
import { build } from 'esbuild'
import { mkdirSync, writeFileSync } from 'node:fs'
import { client, path, picker, script } from './client-bundles.mjs'
import { writePackage } from './client-package.mjs'

const { outputFiles } = await build({
  ...script,
  minify: true,
  entryPoints: [path('src/ui/client/main.tsx')],
  outdir: path('build'),
  write: false,
  // What is imported while the console runs comes as a file of its own.
  splitting: true,
  chunkNames: '[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx/dom',
})
const texts = outputFiles.map(({ path, text }) => [path.split(/[\\/]/).at(-1), text])
const [, main] = texts.find(([name]) => name === 'main.js')
const chunks = Object.fromEntries(texts.filter(([name]) => name !== 'main.js'))
mkdirSync(path('build'), { recursive: true })
writeFileSync(path('build/app.client.txt'), main)
writeFileSync(path('build/chunks.client.txt'), JSON.stringify(chunks))
await build({
  entryPoints: [path('src/ui/app.css')],
  outfile: path('build/app.css'),
  bundle: true,
  minify: true,
  logLevel: 'warning',
})
await build({ ...client, minify: true, outfile: path('build/slipway.client.txt') })
await build({ ...picker, minify: true, outfile: path('build/picker.client.txt') })

if (process.argv.includes('--package')) await writePackage(path('build/package'))
