// `npm run dev`: the Worker alone, settings from .dev.vars, real vendors.
import { applyMigrations, ensureDevVars, port, startWorker, untilStopped } from './worker.mjs'

ensureDevVars()
applyMigrations()
const worker = await startWorker({ PUBLIC_URL: `http://localhost:${port}` })
console.log(`Slipway on http://localhost:${port}. Ctrl-C stops it.`)
await untilStopped()
await worker.dispose()
process.exit(0)
