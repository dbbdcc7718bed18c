// How the client and the picker are bundled, wherever they go.
import { fileURLToPath } from 'node:url'

export const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** What runs in browsers. */
export const script = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
}

/** The picker brings no client of its own: both come from the same place. */
const besideClient = {
  name: 'beside-client',
  setup: (bundle) =>
    bundle.onResolve({ filter: /\/slipway\.ts$/ }, () => ({ path: './client.js', external: true })),
}

export const client = { ...script, entryPoints: [path('src/client/slipway.ts')] }
export const picker = {
  ...script,
  entryPoints: [path('src/client/picker/picker.ts')],
  plugins: [besideClient],
}
