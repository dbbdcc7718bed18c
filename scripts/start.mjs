// `npm start`: the Worker with its console, and emulators of the vendors, so that everything works without any account.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { startFrontEnd } from '../examples/front-end/server.mjs'
import {
  applyMigrations,
  ensureDevVars,
  port,
  readDevVar,
  readPort,
  root,
  startWorker,
  untilStopped,
} from './worker.mjs'

const made = ensureDevVars()
applyMigrations()
const emulators = await startEmulators()
const url = `http://localhost:${port}`
const frontEnd = await startExample()
const worker = await startWorker({
  PUBLIC_URL: url,
  ...(frontEnd && { FRONTEND_ORIGINS: frontEnd.url }),
  PROVIDER_ORIGINS: JSON.stringify(emulators.origins),
  ...emulators.clients,
})

console.log(`
  Slipway      ${url}
  Emulators    ${emulators.url}
${frontEnd ? `  Example      ${frontEnd.url}, a front end of another origin\n` : ''}${made ? '  Random development secrets were written to .dev.vars.\n' : ''}
  Open ${url}, sign in as Ann (no password), and connect a drive. On the
  emulators' consent pages choose among these accounts, which have no password:

    Google       ${accountsOf(emulators.google)}
    Microsoft    ${accountsOf(emulators.microsoft)}
    Dropbox      ${accountsOf(emulators.dropbox)}
    Confluence   ${accountsOf(emulators.confluence)}

  Servers, with their addresses and "user: password":

    Nextcloud    ${emulators.url}${emulators.nextcloud.webRoot}
                 ${usersOf(emulators.nextcloud, ({ loginName }) => loginName)}
    WebDAV       ${emulators.url}/dav-server/
                 ${usersOf(emulators.dav, ({ name }) => name)}

  Ctrl-C stops everything.
`)

await untilStopped()
await worker.dispose()
await frontEnd?.close()
await emulators.close()
process.exit(0)

/** The front end signs its tokens itself: with the key that Slipway checks them with, where that is one they can share. */
function startExample() {
  const secret = readDevVar('AUTH_JWT_SECRET')
  if (secret === undefined) return undefined
  return startFrontEnd({
    slipwayUrl: url,
    secret,
    issuer: readDevVar('AUTH_ISSUER'),
    audience: readDevVar('AUTH_AUDIENCE'),
    port: readPort('EXAMPLE_PORT', 8788),
  })
}

function accountsOf({ oauth }) {
  return [...oauth.accounts.keys()].join(', ')
}

function usersOf({ users }, nameOf) {
  return users.map((user) => `${nameOf(user)}: ${user.password}`).join(', ')
}

/** The emulators are TypeScript, which Node 20 does not run: they are bundled first. */
async function startEmulators() {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-emulators-'))
  const outfile = join(folder, 'server.mjs')
  await build({
    entryPoints: [resolve(root, 'test/emulators/server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    // Some of what is bundled is CommonJS and asks for Node's own modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  try {
    const { startEmulators: start } = await import(pathToFileURL(outfile).href)
    return await start({ port: readPort('EMULATORS_PORT', 8790) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
