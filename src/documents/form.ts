// Reads a multipart/form-data body (RFC 7578) as it arrives: the fields, then the file as a stream of known length.
import { invalidField, Problem } from '../problems/problem.ts'
import { createSearch } from './search.ts'

export interface FormFile {
  readonly filename: string
  readonly contentType: string
  /** Bytes: the body's Content-Length less everything that is not the file. */
  readonly size: number
  /** Ends after exactly `size` bytes; errors if the closing boundary is not right behind them. */
  readonly body: ReadableStream<Uint8Array>
  /** Settles when the whole form was read, and rejects if it was not well formed to its end. */
  readonly finished: Promise<void>
}

export interface StreamedForm {
  readonly fields: ReadonlyMap<string, string>
  readonly file: FormFile
}

/** Headers and fields before the file together: more is no form of ours. */
const MAX_PREAMBLE = 64 * 1024
/** Milliseconds in which the sender must deliver the next piece. */
const IDLE_MS = 60_000
/** Bytes per read of the file: small reads would cost more than everything that is done with the bytes. */
const CHUNK = 512 * 1024
/** Bytes per read of what is before and behind it, at most. */
const PIECE = 16 * 1024

/**
 * Parses up to the part named `file`, which must be the last. Throws `invalid_request` naming the field; what was not read of the
 * body is left to the caller.
 * @param contentLength of the whole body, from the request.
 */
export async function readForm(
  body: ReadableStream<Uint8Array>,
  contentType: string,
  contentLength: number,
): Promise<StreamedForm> {
  const boundary = boundaryOf(contentType)
  const reader = new PartReader(body)
  try {
    return await readParts(reader, boundary, contentLength)
  } catch (error) {
    reader.release()
    throw error
  }
}

async function readParts(
  reader: PartReader,
  boundary: string,
  contentLength: number,
): Promise<StreamedForm> {
  const fields = new Map<string, string>()
  // The first delimiter has no line break before it; from then on each part ends in one.
  await reader.skipTo(`--${boundary}`)
  for (;;) {
    const ending = await reader.take(2)
    if (ending === '--') throw invalidField('body.file', 'is missing: it must be the last part')
    if (ending !== '\r\n') throw malformed()
    const part = parsePartHeaders(await reader.until('\r\n\r\n'))
    if (part.name === 'file') {
      return { fields, file: openFile(reader, part, boundary, contentLength) }
    }
    const value = await reader.until(`\r\n--${boundary}`)
    if (fields.has(part.name)) throw invalidField(`body.${part.name}`, 'is given twice')
    fields.set(part.name, value)
  }
}

function openFile(
  reader: PartReader,
  part: PartHeaders,
  boundary: string,
  contentLength: number,
): FormFile {
  if (part.filename === undefined) throw invalidField('body.file', 'must be a file')
  const closing = new TextEncoder().encode(`\r\n--${boundary}--`)
  const left = contentLength - reader.consumed
  // Browsers, curl and fetch all end the body with a line break; without one the length could not be known in advance.
  const size = left - closing.length - 2
  if (size < -2) throw malformed()
  const pipe = new FixedLengthStream(Math.max(0, size))
  const finished = pumpFile(reader, pipe.writable, Math.max(0, size), closing)
  finished.catch(() => undefined)
  return {
    filename: part.filename,
    contentType: part.contentType,
    size: Math.max(0, size),
    body: pipe.readable,
    finished,
  }
}

async function pumpFile(
  reader: PartReader,
  writable: WritableStream<Uint8Array>,
  size: number,
  closing: Uint8Array,
): Promise<void> {
  const writer = writable.getWriter()
  // The line break and the boundary, which the file itself never holds (RFC 2046 section 5.1.1).
  const isFollowed = createSearch(closing.subarray(0, -2))
  try {
    let left = size
    // The last bytes are let go only when what follows them is right: until then no backend takes the file for whole.
    let held: Uint8Array<ArrayBuffer> | undefined
    while (left > 0) {
      const chunk = await reader.chunk(Math.min(left, CHUNK))
      if (chunk === undefined) throw invalidField('body.file', 'ends too early')
      if (held !== undefined) {
        await writer.write(held)
        reader.recycle(held)
      }
      // It would be stored with the part behind it.
      if (isFollowed(chunk)) throw invalidField('body.file', 'must be the last part')
      held = chunk
      left -= chunk.byteLength
    }
    const end = await reader.rest(closing.length + 2)
    const expected = new Uint8Array([...closing, 13, 10])
    if (end.length !== expected.length || !end.every((byte, at) => byte === expected[at])) {
      throw invalidField('body', 'must end with the closing boundary and a line break')
    }
    if (held !== undefined) await writer.write(held)
    await writer.close()
  } catch (error) {
    await writer.abort(error).catch(() => undefined)
    reader.release()
    throw error
  }
}

/** A reader that hands out text up to a delimiter, then bytes; it never holds more than a chunk and the preamble. */
class PartReader {
  /** Bytes handed out so far. */
  consumed = 0
  #kept = new Uint8Array(0)
  readonly #reader: ReadableStreamBYOBReader
  #spare: ArrayBuffer | undefined

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader({ mode: 'byob' })
  }

  /** The text before the delimiter; the delimiter is consumed too. */
  async until(delimiter: string): Promise<string> {
    const pattern = new TextEncoder().encode(delimiter)
    for (;;) {
      const at = indexOf(this.#kept, pattern)
      if (at >= 0) {
        const text = new TextDecoder().decode(this.#kept.subarray(0, at))
        this.#drop(at + pattern.length)
        return text
      }
      if (this.consumed + this.#kept.length > MAX_PREAMBLE) {
        throw new Problem('payload_too_large', 'The fields before the file take more than 64 KiB.')
      }
      if (!(await this.#more())) throw malformed()
    }
  }

  async skipTo(delimiter: string): Promise<void> {
    const before = await this.until(delimiter)
    if (before !== '' && !before.endsWith('\r\n')) throw malformed()
  }

  async take(length: number): Promise<string> {
    while (this.#kept.length < length) if (!(await this.#more())) throw malformed()
    const text = new TextDecoder().decode(this.#kept.subarray(0, length))
    this.#drop(length)
    return text
  }

  /** Up to `limit` bytes; undefined at the end. */
  async chunk(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#kept.length === 0) {
      const buffer = this.#spare ?? new ArrayBuffer(limit)
      this.#spare = undefined
      const bytes = await this.#read(new Uint8Array(buffer, 0, limit), limit)
      this.consumed += bytes?.length ?? 0
      return bytes
    }
    const bytes = this.#kept.slice(0, limit)
    this.#drop(bytes.length)
    return bytes
  }

  /** Takes back the buffer of a chunk that is used up, where it is worth it. */
  recycle(chunk: Uint8Array<ArrayBuffer>): void {
    if (chunk.buffer.byteLength === CHUNK) this.#spare = chunk.buffer
  }

  /** Everything that is left, which must not be more than `limit` bytes. */
  async rest(limit: number): Promise<Uint8Array> {
    while (this.#kept.length <= limit) if (!(await this.#more())) break
    return this.#kept
  }

  /** Lets go of the body, so that what is left of it can be read before the answer. */
  release(): void {
    try {
      this.#reader.releaseLock()
    } catch {
      // A read that waits for a sender who has stopped: nothing more will come.
      this.#reader.cancel().catch(() => undefined)
    }
  }

  async #more(): Promise<boolean> {
    const value = await this.#read(new Uint8Array(PIECE), 1)
    if (value === undefined) return false
    const joined = new Uint8Array(this.#kept.length + value.length)
    joined.set(this.#kept)
    joined.set(value, this.#kept.length)
    this.#kept = joined
    return true
  }

  /** At least `least` bytes, unless the body ends before, and as many as there is room for; undefined at the end. */
  async #read(
    into: Uint8Array<ArrayBuffer>,
    least: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(invalidField('body', 'stopped arriving')), IDLE_MS)
    })
    const reading = this.#reader.readAtLeast(least, into)
    const { value } = await Promise.race([reading, late]).finally(() => {
      if (timer !== undefined) clearTimeout(timer)
    })
    return value === undefined || value.length === 0
      ? undefined
      : (value as Uint8Array<ArrayBuffer>)
  }

  #drop(length: number) {
    this.consumed += length
    this.#kept = this.#kept.subarray(length)
  }
}

interface PartHeaders {
  readonly name: string
  readonly filename: string | undefined
  readonly contentType: string
}

/** Content-Disposition and Content-Type of a part; names are UTF-8 with `"`, CR and LF percent-encoded (WHATWG form-data). */
function parsePartHeaders(text: string): PartHeaders {
  const lines = text.split('\r\n')
  const header = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
  const disposition = header('content-disposition') ?? ''
  // Each in its turn, so that what stands inside a quoted value is no parameter. Some clients (.NET's) quote only where they must.
  const parameters = [...disposition.matchAll(/;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g)]
  const parameter = (name: string) => {
    const match = parameters.find(([, key]) => key?.toLowerCase() === name)
    return (match?.[2] ?? match?.[3])
      ?.replace(/%22/g, '"')
      .replace(/%0D/gi, '\r')
      .replace(/%0A/gi, '\n')
      .replace(/\\(["\\])/g, '$1')
  }
  const name = parameter('name')
  if (!/^form-data\b/i.test(disposition) || name === undefined) throw malformed()
  return {
    name,
    filename: parameter('filename'),
    contentType: header('content-type') ?? 'application/octet-stream',
  }
}

/** RFC 2046 section 5.1.1: 1 to 70 characters. */
function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw invalidField('header.Content-Type', 'names no boundary')
  return boundary
}

function indexOf(bytes: Uint8Array, pattern: Uint8Array): number {
  const first = pattern[0]
  if (first === undefined) return 0
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + pattern.length > bytes.length) return -1
    if (pattern.every((byte, offset) => bytes[at + offset] === byte)) return at
  }
  return -1
}

const malformed = () => invalidField('body', 'is not well-formed multipart/form-data')
