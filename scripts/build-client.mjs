// Bundles the console's script and style into build/, from where the Worker imports them as text.
import { build } from 'esbuild'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

const { outputFiles } = await build({
  entryPoints: [path('src/ui/client/main.tsx')],
  outdir: path('build'),
  write: false,
  // What is imported while the console runs comes as a file of its own.
  splitting: true,
  chunkNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx/dom',
  logLevel: 'warning',
})
const texts = outputFiles.map(({ path, text }) => [path.split(/[\\/]/).at(-1), text])
const [, script] = texts.find(([name]) => name === 'main.js')
const chunks = Object.fromEntries(texts.filter(([name]) => name !== 'main.js'))
mkdirSync(path('build'), { recursive: true })
writeFileSync(path('build/app.client.txt'), script)
writeFileSync(path('build/chunks.client.txt'), JSON.stringify(chunks))
await build({
  entryPoints: [path('src/ui/app.css')],
  outfile: path('build/app.css'),
  bundle: true,
  minify: true,
  logLevel: 'warning',
})
