// Digests of bytes that flow by, computed natively: nothing is held, whatever their number.
// CPU per GiB in workerd: SHA-1 0.5 s, SHA-256 and Dropbox's own 0.6 s, MD5 1.3 s; a one-shot digest of large blocks costs the same.
import type { DigestAlgorithm } from '../providers/contract.ts'

/** Bytes of one block of Dropbox's content hash. Source: dropbox.com/developers/reference/content-hash. */
const BLOCK = 4 * 1024 * 1024

/** A digest that is being computed. Its bytes are those of the writes, in the order in which they were asked for. */
export interface Digest {
  readonly algorithm: DigestAlgorithm
  /** Bytes so far. */
  readonly size: number
  /** Takes more; `chunk` must not change until this has settled. Never called after `finish` or `cancel`. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** Lower-case hex, once everything that was written is in it. */
  readonly finish: () => Promise<string>
  /** Gives it up. Never throws. */
  readonly cancel: () => void
}

export function createDigest(algorithm: DigestAlgorithm): Digest {
  const hash = algorithm === 'dropbox' ? new BlockHash() : new NativeHash(NAMES[algorithm])
  let size = 0
  let turn = Promise.resolve()
  return {
    algorithm,
    get size() {
      return size
    },
    write: (chunk) => {
      size += chunk.byteLength
      // One after the other, however many are asked for at once.
      turn = turn.then(() => hash.add(chunk))
      // Whoever waits for none of them still hears of it at the end.
      turn.catch(() => undefined)
      return turn
    },
    finish: async () => {
      await turn
      return toHex(await hash.end())
    },
    cancel: () => hash.cancel(),
  }
}

const NAMES = { md5: 'MD5', sha1: 'SHA-1', sha256: 'SHA-256' } as const

/** One hash of the platform's. */
class NativeHash {
  readonly #stream: DigestStream
  readonly #writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>

  constructor(name: string) {
    this.#stream = new crypto.DigestStream(name)
    this.#writer = this.#stream.getWriter()
    // One that is given up is nobody's failure.
    this.#stream.digest.catch(() => undefined)
    this.#writer.closed.catch(() => undefined)
  }

  add(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk)
  }

  async end(): Promise<Uint8Array> {
    await this.#writer.close()
    return new Uint8Array(await this.#stream.digest)
  }

  cancel(): void {
    this.#writer.abort().catch(() => undefined)
  }
}

/** SHA-256 over the SHA-256 of each block; no bytes have no block. */
class BlockHash {
  readonly #digests = new NativeHash('SHA-256')
  #block: NativeHash | undefined
  #filled = 0

  async add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength;) {
      const part = chunk.subarray(at, at + BLOCK - this.#filled)
      this.#block ??= new NativeHash('SHA-256')
      await this.#block.add(part)
      at += part.byteLength
      this.#filled += part.byteLength
      if (this.#filled === BLOCK) await this.#endBlock()
    }
  }

  async end(): Promise<Uint8Array> {
    await this.#endBlock()
    return this.#digests.end()
  }

  cancel(): void {
    this.#block?.cancel()
    this.#digests.cancel()
  }

  async #endBlock(): Promise<void> {
    if (this.#block !== undefined) await this.#digests.add(await this.#block.end())
    this.#block = undefined
    this.#filled = 0
  }
}

/** Lower-case. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
