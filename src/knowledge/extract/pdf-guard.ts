// Looks through a PDF before PDF.js does, which holds each stream as a whole, however much it becomes: bombs are refused, and images
// and attached files, which text is not read from, are made unreadable. What is encrypted cannot be looked through.
import type { Clock } from './clock.ts'
import { MAX_INFLATED, MAX_PDF_STREAM } from './limits.ts'
import { decodeStream } from './pdf-filters.ts'
import { Unreadable } from './unreadable.ts'

/** Bytes before the data of a stream in which its dictionary stands. */
const MAX_DICTIONARY = 4_096

/** Filters that are looked through. All others are of images. */
const FILTER =
  /\/(?:FlateDecode|Fl|LZWDecode|LZW|RunLengthDecode|RL|ASCII85Decode|A85|ASCIIHexDecode|AHx)(?![\w#])/g

/** Filters that make pictures of a few bytes, or are not looked through. */
const OTHER_FILTER =
  /\/(?:DCTDecode|DCT|JPXDecode|JBIG2Decode|CCITTFaxDecode|CCF|BrotliDecode|Br)(?![\w#])/g

/** A dictionary says what the stream is in some other object. */
const FILTER_ELSEWHERE = /\/Filter\s{0,9}\d{1,9}\s{1,9}\d{1,5}\s{1,9}R/

/** Rows of pixels that a decoder makes room for, whatever the data. */
const LARGE_ROWS = /\/(?:Columns|Colors)\s{0,9}\d{6}/

/** Streams that text is never read from. */
const NO_TEXT = /\/Subtype\s{0,9}\/Image(?![\w#])|\/Type\s{0,9}\/EmbeddedFile(?![\w#])/
const LENGTH = /\/Length\s{0,9}(\d{1,9})(?!\s{1,9}\d{1,5}\s{1,9}R)(?!\d)/

/** What inflating any piece counts as. */
const LEAST_WORK = 8 * 1024

/** What looking at any stream counts as. */
const STREAM_WORK = 2 * 1024

/**
 * Changes the bytes: filters of images are renamed. Throws `inflated_too_large`, `broken_file` for what only a file made to do harm has,
 * and `took_too_long`.
 */
export async function guardPdf(bytes: Uint8Array, clock: Clock): Promise<void> {
  const ends = new Ends(bytes)
  let total = 0
  for (const start of findStreams(bytes)) {
    const dictionary = readDictionary(bytes, start)
    if (FILTER_ELSEWHERE.test(dictionary.text) || LARGE_ROWS.test(dictionary.text)) {
      throw new Unreadable('broken_file')
    }
    rename(bytes, dictionary, OTHER_FILTER)
    if (NO_TEXT.test(dictionary.text)) {
      rename(bytes, dictionary, FILTER)
      continue
    }
    const data = bytes.subarray(start.data, ends.endOf(start.data, dictionary.text))
    const filters = dictionary.text.match(FILTER)?.map((name) => name.slice(1)) ?? []
    let length = 0
    for (const piece of decodeStream(data, filters)) {
      length += piece.length
      total += piece.length
      const isTooMuch = length > MAX_PDF_STREAM || total > MAX_INFLATED
      if (isTooMuch) throw new Unreadable('inflated_too_large')
      if (piece.bytes !== undefined) refuseInnerStreams(piece.bytes, dictionary.text)
      await clock.breathe(piece.length + LEAST_WORK)
    }
    await clock.breathe(STREAM_WORK)
  }
}

const STREAM = Uint8Array.from('stream', (char) => char.charCodeAt(0))
const END_STREAM = Uint8Array.from('endstream', (char) => char.charCodeAt(0))
const LINE_FEED = 10
const RETURN = 13

interface Start {
  /** Where the word before it ended: its dictionary is behind that. */
  readonly last: number
  readonly word: number
  readonly data: number
}

/** Wherever the word stands: which of them are streams is known only to who follows the file's references. */
function* findStreams(bytes: Uint8Array): Generator<Start> {
  let last = 0
  for (let at = 0; (at = indexOf(bytes, STREAM, at)) >= 0; at += STREAM.length) {
    if (isAt(bytes, END_STREAM, at - 3)) continue
    let data = at + STREAM.length
    while (data < bytes.length && bytes[data] !== LINE_FEED && bytes[data] !== RETURN) data++
    const isBoth = bytes[data] === RETURN && bytes[data + 1] === LINE_FEED
    yield { last, word: at, data: data + (isBoth ? 2 : 1) }
    last = at + STREAM.length
  }
}

interface Dictionary {
  readonly text: string
  readonly start: number
}

function readDictionary(bytes: Uint8Array, { last, word }: Start): Dictionary {
  const from = Math.max(last, word - MAX_DICTIONARY)
  const window = String.fromCharCode(...bytes.subarray(from, word))
  const object = Math.max(window.lastIndexOf('obj'), 0)
  const text = window.slice(object)
  if (text.includes('#') && isDisguised(text)) throw new Unreadable('broken_file')
  return { text, start: from + object }
}

/** Names can be written with the codes of their characters. Nobody does so with these. */
function isDisguised(text: string): boolean {
  const plain = text.replace(/#([0-9a-f]{2})/gi, (_, code) =>
    String.fromCharCode(parseInt(code, 16)),
  )
  const count = (names: string) =>
    [FILTER, OTHER_FILTER, '/First'].reduce((sum, name) => sum + names.split(name).length, 0)
  return count(plain) > count(text)
}

/** A name of the same length that nothing knows: the stream's data stay as they are. */
function rename(bytes: Uint8Array, { text, start }: Dictionary, names: RegExp): void {
  for (const { index } of text.matchAll(names)) bytes[start + index + 1] = 'X'.charCodeAt(0)
}

/** Finds the ends of data for starts that only grow. */
class Ends {
  readonly #bytes: Uint8Array
  #next = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** As PDF.js finds it: by the length, or where that does not lead there, by the word that ends it. */
  endOf(start: number, dictionary: string): number {
    const bytes = this.#bytes
    const end = start + Number(LENGTH.exec(dictionary)?.[1] ?? Infinity)
    const isThere = end < bytes.length && indexOf(bytes.subarray(end, end + 20), END_STREAM, 0) >= 0
    if (isThere) return end
    if (this.#next < start) {
      const next = indexOf(bytes, END_STREAM, start)
      this.#next = next < 0 ? bytes.length : next
    }
    return this.#next
  }
}

/** Objects within a stream are no streams; a decoder would follow them all the same. */
function refuseInnerStreams(bytes: Uint8Array, dictionary: string): void {
  if (!dictionary.includes('/First')) return
  for (let at = 0; (at = indexOf(bytes, STREAM, at)) >= 0; at += STREAM.length) {
    const before = String.fromCharCode(...bytes.subarray(Math.max(0, at - 20), at))
    if (before.trimEnd().endsWith('>>')) throw new Unreadable('broken_file')
  }
}

function indexOf(bytes: Uint8Array, word: Uint8Array, from: number): number {
  for (let at = from; (at = bytes.indexOf(word[0]!, at)) >= 0; at++) {
    if (isAt(bytes, word, at)) return at
  }
  return -1
}

function isAt(bytes: Uint8Array, word: Uint8Array, at: number): boolean {
  return word.every((byte, index) => bytes[at + index] === byte)
}
