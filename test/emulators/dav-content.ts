// Holds the bytes of files of any size without holding large ones in memory.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

export interface DavContent {
  readonly size: number
  /** Bytes from `start` up to and without `end`. */
  read: (start: number, end: number) => ReadableStream<Uint8Array>
  /** Another holder of the same bytes; each holder discards for itself. */
  share: () => DavContent
  discard: () => void
}

const memoryLimit = 1024 * 1024
const blockSize = 64 * 1024

/** Content that is in memory already. */
export function contentOfBytes(bytes: Uint8Array): DavContent {
  const content: DavContent = {
    size: bytes.length,
    read: (start, end) => streamOf([bytes.subarray(start, end)]),
    share: () => content,
    discard: () => undefined,
  }
  return content
}

/** Content of a size that is made when it is read: each 64 KiB block differs, so a wrong offset shows. */
export function contentOfSize(size: number): DavContent {
  const content: DavContent = {
    size,
    read: (start, end) => streamOf(patternBlocks(start, end)),
    share: () => content,
    discard: () => undefined,
  }
  return content
}

/** What came of an upload, and whether all of it did. */
export interface Received {
  readonly content: DavContent
  readonly complete: boolean
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
  const path = join(tmpdir(), `dav-content-${randomUUID()}`)
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
  for (;;) {
    const step = await reader.read()
    if (step.done) return
    yield step.value
  }
}

/** All bytes of a content, for tests with small files. */
export async function readAll(content: DavContent): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of partsOf(content.read(0, content.size))) parts.push(part)
  return Buffer.concat(parts)
}

/** The SHA-256 of a content in lower-case hex, without holding it. */
export async function hashContent(content: DavContent): Promise<string> {
  const hash = createHash('sha256')
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

function contentOfFile(path: string, size: number): DavContent {
  let holders = 0
  kept.add(path)
  const hold = (): DavContent => {
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
