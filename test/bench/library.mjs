// The files that are imported: each has bytes of its own, which whoever knows its number can make again.
import { createHash } from 'node:crypto'
import { bytesAt } from './pattern.mjs'

/** 1,000 texts of 20 kB in ten folders. */
export const SMALL = {
  folder: 'small',
  size: 20_000,
  paths: Array.from({ length: 1000 }, (_, at) => `part ${at % 10}/Report ${at}.txt`),
  pieces: (at) => [textOf(at)],
}

/** 20 files of 50 MB, in which there is no text. */
export const LARGE = {
  folder: 'large',
  size: 50_000_000,
  paths: Array.from({ length: 20 }, (_, at) => `Recording ${at}.bin`),
  pieces: (at) => pattern(placeOf(at), 50_000_000),
}

export const SHELVES = [SMALL, LARGE]

/** Where in the pattern a large file begins: every one elsewhere. */
export const placeOf = (at) => at * 40_009

/** SHA-256 (hex) of each file, in the order of their paths. */
export function digestsOf(shelf) {
  return shelf.paths.map((_, at) => {
    const hash = createHash('sha256')
    for (const piece of shelf.pieces(at)) hash.update(piece)
    return hash.digest('hex')
  })
}

function* pattern(offset, length) {
  for (let at = 0; at < length;) {
    const piece = bytesAt(offset + at, length - at)
    at += piece.length
    yield piece
  }
}

const SYLLABLES = 'ba de fi go lu mer nat sol tin vor kes pra'.split(' ')
const texts = new Map()

/** Sentences and paragraphs of words of two to four syllables, with as many different ones as a report has. */
function textOf(index) {
  let text = texts.get(index)
  if (text === undefined) {
    text = Buffer.from(write(index + 1, SMALL.size))
    texts.set(index, text)
  }
  return text
}

function write(seed, size) {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  const random = (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
  const word = () =>
    Array.from({ length: 2 + random(3) }, () => SYLLABLES[random(SYLLABLES.length)]).join('')
  const vocabulary = Array.from({ length: 600 }, word)
  let text = `Report ${seed}\n\n`
  for (let sentence = 1; text.length < size; sentence++) {
    const words = Array.from({ length: 6 + random(12) }, () => vocabulary[random(600)])
    text += `${words.join(' ')}.${sentence % 6 === 0 ? '\n\n' : ' '}`
  }
  return text.slice(0, size)
}
