// Dropbox's content hash: SHA-256 over the SHA-256 digests of blocks of 4 MiB.
// Source: dropbox.com/developers/reference/content-hash.
import { createHash, type Hash } from 'node:crypto'
import { partsOf, type Content } from './content.ts'

const BLOCK = 4 * 1024 * 1024

export class ContentHasher {
  readonly #digests = createHash('sha256')
  #block: Hash | undefined
  #filled = 0

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + BLOCK - this.#filled)
      this.#block ??= createHash('sha256')
      this.#block.update(bytes.subarray(at, end))
      this.#filled += end - at
      at = end
      if (this.#filled === BLOCK) this.#endBlock()
    }
  }

  /** Lower-case hex. */
  digest(): string {
    this.#endBlock()
    return this.#digests.digest('hex')
  }

  #endBlock(): void {
    if (this.#block !== undefined) this.#digests.update(this.#block.digest())
    this.#block = undefined
    this.#filled = 0
  }
}

export async function contentHash(content: Content): Promise<string> {
  const hasher = new ContentHasher()
  for await (const part of partsOf(content.read(0, content.size))) hasher.update(part)
  return hasher.digest()
}
