// Bundles the console's script and style into build/, from where the Worker imports them as text.
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

await build({
  entryPoints: [path('src/ui/client/main.tsx')],
  outfile: path('build/app.client.txt'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx/dom',
  logLevel: 'warning',
})
await build({
  entryPoints: [path('src/ui/app.css')],
  outfile: path('build/app.css'),
  bundle: true,
  minify: true,
  logLevel: 'warning',
})
