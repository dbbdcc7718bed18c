// What arrives at the vendor: every byte is compared with the pattern, and hashed too where a benchmark asks for it.
import { createHash } from 'node:crypto'
import { digestOf, isPattern } from '../pattern.mjs'

let isThorough = true

/** Whether what begins to arrive from now on is hashed, as every drive does; or only compared, so that the vendor is no bottleneck. */
export function setThorough(value) {
  isThorough = value
}

/** The bytes of one file, from however many requests. */
export class Received {
  #offset
  #isRight = true
  #hash = isThorough ? createHash('sha256') : undefined
  #start

  /** @param start where in the pattern it begins */
  constructor(start = 0) {
    this.#start = start
    this.#offset = start
  }

  get offset() {
    return this.#offset
  }

  /** Reads a request to its end; resolves to the number of bytes it had. A request that was cut off never resolves. */
  take(request) {
    const before = this.#offset
    return new Promise((resolve) => {
      request.on('data', (part) => {
        this.#isRight &&= isPattern(part, this.#offset)
        this.#hash?.update(part)
        this.#offset += part.length
      })
      request.on('end', () => resolve(this.#offset - before))
    })
  }

  /** Whether it reaches to `end` in the pattern, and has the right bytes. What begins at its start has a digest that is known. */
  isWhole(end) {
    if (!this.#isRight || this.#offset !== end) return false
    const digest = this.#hash?.digest('hex')
    return digest === undefined || this.#start > 0 || digest === digestOf(end)
  }
}
