// QuickXorHash, the hash that OneDrive states for every file.
// Source: learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash.

const BITS = 160
const SHIFT = 11

/** Base64 of the hash over all parts. */
export async function quickXor(parts: AsyncIterable<Uint8Array>): Promise<string> {
  // A circular register of bits, kept as bytes with eight more that are folded back.
  const register = new Uint8Array(BITS / 8)
  let bit = 0
  let length = 0
  for await (const part of parts) {
    for (const byte of part) {
      const index = bit >> 3
      const offset = bit & 7
      const shifted = byte << offset
      register[index] = (register[index] ?? 0) ^ (shifted & 0xff)
      const next = (index + 1) % register.length
      register[next] = (register[next] ?? 0) ^ (shifted >> 8)
      bit = (bit + SHIFT) % BITS
    }
    length += part.length
  }
  const tail = new DataView(register.buffer, 12)
  tail.setBigUint64(0, tail.getBigUint64(0, true) ^ BigInt(length), true)
  return Buffer.from(register).toString('base64')
}
