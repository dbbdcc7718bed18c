// Holds the bytes of files of any size without holding large ones in memory.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

export interface Content {
  readonly size: number
  /** Bytes from `start` up to and without `end`. */
  read: (start: number, end: number) => ReadableStream<Uint8Array>
  /** Another holder of the same bytes; each holder discards for itself. */
  share: () => Content
  discard: () => void
}

const memoryLimit = 1024 * 1024
const blockSize = 64 * 1024

/** Content that is in memory already. */
export function contentOfBytes(bytes: Uint8Array): Content {
  const content: Content = {
    size: bytes.length,
    read: (start, end) => streamOf([bytes.subarray(start, end)]),
    share: () => content,
    discard: () => undefined,
  }
  return content
}

/** Content of a size that is made when it is read: each 64 KiB block differs, so a wrong offset shows. */
export function contentOfSize(size: number): Content {
  const content: Content = {
    size,
    read: (start, end) => streamOf(patternBlocks(start, end)),
    share: () => content,
    discard: () => undefined,
  }
  return content
}

/** What came of an upload, and whether all of it did. */
export interface Received {
  readonly content: Content
  readonly complete: boolean
}

/**
 * Bytes that arrive in several requests: an upload session's. May be discarded while a body is still coming: the operations on the
 * file take turns, and after the end they do nothing.
 */
export class ContentWriter {
  #file: FileHandle | undefined
  readonly #path = join(tmpdir(), `slipway-content-${randomUUID()}`)
  #size = 0
  #ended = false
  #handedOver = false
  #turn: Promise<void> = Promise.resolve()

  get size(): number {
    return this.#size
  }

  /** Appends a body; a client that goes away leaves what has come. Returns how many bytes came. */
  async append(body: AsyncIterable<Uint8Array>): Promise<number> {
    const before = this.#size
    // One system call per MiB: the emulator must not be the slow part of an upload.
    let parts: Uint8Array[] = []
    let waiting = 0
    const flush = async () => {
      const bytes = Buffer.concat(parts)
      parts = []
      waiting = 0
      await this.#use(async (file) => {
        await writeAll(file, bytes)
        this.#size += bytes.length
      })
    }
    try {
      for await (const part of body) {
        parts.push(part)
        waiting += part.length
        if (waiting >= memoryLimit) await flush()
      }
    } catch {
      // What has come has come.
    }
    if (waiting > 0) await flush()
    return this.#size - before
  }

  /** Forgets what lies behind `size`. */
  async truncate(size: number): Promise<void> {
    if (size >= this.#size) return
    await this.#use(async (file) => {
      await file.truncate(size)
      this.#size = size
    })
  }

  async finish(): Promise<Content> {
    await this.#end()
    this.#handedOver = true
    return this.#size > 0
      ? contentOfFile(this.#path, this.#size)
      : contentOfBytes(new Uint8Array(0))
  }

  /** The bytes are gone, unless they have become a content, which is discarded by its holder. */
  async discard(): Promise<void> {
    await this.#end()
    if (this.#handedOver) return
    kept.delete(this.#path)
    rmSync(this.#path, { force: true })
  }

  #use(work: (file: FileHandle) => Promise<void>): Promise<void> {
    const run = async () => {
      if (this.#ended) return
      kept.add(this.#path)
      // Appending, so that the place is right after a truncation.
      this.#file ??= await open(this.#path, 'a')
      await work(this.#file)
    }
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #end(): Promise<void> {
    this.#ended = true
    await this.#turn
    await this.#file?.close()
    this.#file = undefined
  }
}

/** Takes a request's body; a client that goes away in the middle leaves `complete` false. */
export async function receive(
  body: ReadableStream<Uint8Array> | null,
  expected: number | undefined,
): Promise<Received> {
  const parts: Uint8Array[] = []
  let size = 0
  let file: FileHandle | undefined
  let complete = true
  const path = join(tmpdir(), `slipway-content-${randomUUID()}`)
  const reader = body?.getReader()
  try {
    for (;;) {
      const step = await reader?.read()
      if (!step || step.done) break
      size += step.value.length
      if (file) {
        await writeAll(file, step.value)
        continue
      }
      parts.push(step.value)
      if (size > memoryLimit) {
        file = await open(path, 'wx')
        for (const part of parts.splice(0)) await writeAll(file, part)
      }
    }
  } catch {
    complete = false
  } finally {
    await file?.close()
  }
  if (expected !== undefined && size !== expected) complete = false
  return {
    content: file ? contentOfFile(path, size) : contentOfBytes(Buffer.concat(parts)),
    complete,
  }
}

/** Reads a body to its end and forgets it: no answer goes out before the request is read. */
export async function drain(body: ReadableStream<Uint8Array> | null): Promise<void> {
  // A body that a handler has read, or reads, needs nobody else.
  if (body?.locked) return
  const reader = body?.getReader()
  try {
    while (reader && !(await reader.read()).done);
  } catch {
    // The client went away: nothing is left to read.
  }
}

/** The chunks of a stream. */
export async function* partsOf(
  stream: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  const reader = stream?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const step = await reader.read()
      if (step.done) return
      yield step.value
    }
  } finally {
    // Whoever stops reading early wants no more of it.
    await reader.cancel().catch(() => undefined)
  }
}

/** All bytes of a content, for tests with small files. */
export async function readAll(content: Content): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of partsOf(content.read(0, content.size))) parts.push(part)
  return Buffer.concat(parts)
}

/** A digest of a content in lower-case hex, without holding it. */
export async function hashContent(content: Content, algorithm = 'sha256'): Promise<string> {
  const hash = createHash(algorithm)
  for await (const part of partsOf(content.read(0, content.size))) hash.update(part)
  return hash.digest('hex')
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
}

const kept = new Set<string>()

process.on('exit', () => {
  for (const path of kept) rmSync(path, { force: true })
})

function contentOfFile(path: string, size: number): Content {
  let holders = 0
  kept.add(path)
  const hold = (): Content => {
    let held = true
    holders += 1
    return {
      size,
      read: (start, end) =>
        start >= end
          ? streamOf([])
          : (Readable.toWeb(
              createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 }),
            ) as ReadableStream<Uint8Array>),
      share: hold,
      discard: () => {
        if (!held) return
        held = false
        holders -= 1
        if (holders > 0) return
        // Readers that have the file open keep their view of it.
        kept.delete(path)
        rmSync(path, { force: true })
      },
    }
  }
  return hold()
}

let block: Buffer | undefined

function patternBlock(): Buffer {
  if (block) return block
  block = Buffer.alloc(blockSize)
  let seed = 0x9e3779b9
  for (let at = 0; at < blockSize; at += 4) {
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    block.writeInt32LE(seed | 0, at)
  }
  return block
}

function* patternBlocks(start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end;) {
    const index = Math.floor(at / blockSize)
    const bytes = Buffer.from(patternBlock())
    bytes.writeUInt32LE(index, 0)
    const from = at - index * blockSize
    const part = bytes.subarray(from, Math.min(blockSize, from + end - at))
    yield part
    at += part.length
  }
}

function streamOf(parts: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.iterator]()
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const step = iterator.next()
      if (step.done) controller.close()
      else if (step.value.length > 0) controller.enqueue(step.value)
      else this.pull?.(controller)
    },
  })
}
