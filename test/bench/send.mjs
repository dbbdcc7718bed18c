// The client of the benchmark: requests with bodies of the pattern, over connections that stay open as a browser's do.
import { Agent, request } from 'node:http'
import { createHash } from 'node:crypto'
import { digestOf, pour } from './pattern.mjs'

/** Milliseconds without a byte in either direction. */
const IDLE = 120_000

/** Milliseconds in which an early answer is looked for. */
const ANSWER = 2000

const agent = new Agent({ keepAlive: true })

/**
 * Sends a request and reads the answer to its end; fails for anything but a 2xx.
 * @param options.body `{offset, length}` of the pattern, or text; `before` and `after` are sent around it
 * @param options.expect bytes of the pattern that the answer must be, compared by SHA-256
 */
export function send(port, { method = 'GET', path = '/', headers = {}, body, expect }) {
  return new Promise((resolve, reject) => {
    const { before = '', after = '', length = 0, offset = 0 } = typeof body === 'object' ? body : {}
    const text = typeof body === 'string' ? body : ''
    const size = Buffer.byteLength(before + text + after) + length
    const sized = body === undefined ? headers : { ...headers, 'content-length': size }
    const options = { agent, host: '127.0.0.1', port, method, path, headers: sized }
    const outgoing = request(options, (response) => {
      const ok = response.statusCode >= 200 && response.statusCode < 300
      const hash = expect === undefined || !ok ? undefined : createHash('sha256')
      const parts = []
      response.on('data', (part) => {
        if (hash === undefined) parts.push(part)
        else hash.update(part)
      })
      response.on('error', reject)
      response.on('end', () => {
        const answer = { headers: response.headers, text: Buffer.concat(parts).toString() }
        const what = `${method} ${path}: ${response.statusCode}`
        if (!ok) reject(new Error(`${what} ${answer.text}`))
        else if (hash !== undefined && hash.digest('hex') !== digestOf(expect)) {
          reject(new Error(`${what}, but the bytes are not those that were sent`))
        } else resolve(answer)
      })
    })
    outgoing.setTimeout(IDLE, () => outgoing.destroy(new Error(`${method} ${path}: no answer`)))
    // An answer that came before the end of the body breaks the writing off, and says more than that.
    outgoing.on('error', (error) => setTimeout(() => reject(error), ANSWER))
    const sent = sendBody(outgoing, { before: before + text, after, offset, length })
    sent.catch((error) => setTimeout(() => reject(error), ANSWER))
  })
}

async function sendBody(outgoing, { before, after, offset, length }) {
  if (before !== '') outgoing.write(before)
  if (length > 0) await pour(outgoing, offset, length)
  outgoing.end(after)
}
