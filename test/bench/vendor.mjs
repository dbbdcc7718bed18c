// The vendors of the benchmark in a process of their own, with nothing behind them: every byte that arrives is checked and dropped.
import { createServer } from 'node:http'
import { garbled, json } from './vendors/answer.mjs'
import { dav } from './vendors/dav.mjs'
import { dropbox } from './vendors/dropbox.mjs'
import { google } from './vendors/google.mjs'
import { library } from './vendors/library.mjs'
import { onedrive } from './vendors/onedrive.mjs'
import { Received, setThorough } from './vendors/received.mjs'

const VENDORS = { onedrive, google, dropbox, nextcloud: dav, webdav: dav, library, bare }

const server = createServer((request, response) => {
  const path = decodeURIComponent((request.url ?? '').split('?')[0])
  const [, name] = path.split('/', 2)
  const prefix = `/${name}`
  const base = `http://127.0.0.1:${server.address().port}${prefix}`
  const context = { request, response, path: path.slice(prefix.length), prefix, base }
  const work = VENDORS[name]?.(context) ?? Promise.reject(new Error(`nobody at ${path}`))
  work.catch((error) => {
    console.error(error)
    response.destroy()
  })
})

/** Takes what the bare Worker passes on: the bytes of one request, which begin where the header says. */
async function bare({ request, response }) {
  const received = new Received(Number(request.headers['x-offset'] ?? 0))
  const start = received.offset
  const size = await received.take(request)
  return received.isWhole(start + size) ? json(response, {}) : garbled(response)
}

process.on('message', ({ thorough }) => {
  setThorough(thorough)
  process.send({ thorough })
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
