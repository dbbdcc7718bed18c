// Bundles what runs in browsers into build/: the console, and the client and the picker that other pages load. `--package`: also for bundlers.
import { build } from 'esbuild'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { writePackage } from './client-package.mjs'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

const script = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
}

const { outputFiles } = await build({
  ...script,
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
await build({
  ...script,
  entryPoints: [path('src/client/slipway.ts')],
  outfile: path('build/slipway.client.txt'),
})

/** The picker brings no client of its own: both come from the same place. */
const besideClient = {
  name: 'beside-client',
  setup: (bundle) =>
    bundle.onResolve({ filter: /\/slipway\.ts$/ }, () => ({ path: './client.js', external: true })),
}

await build({
  ...script,
  entryPoints: [path('src/client/picker/picker.ts')],
  outfile: path('build/picker.client.txt'),
  plugins: [besideClient],
})

if (process.argv.includes('--package')) await writePackage(script, besideClient)
