// QuickXorHash, the hash that OneDrive states for every file.
// Source: learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash.

const BITS = 160
const SHIFT = 11

/** Base64 of the hash over all parts. */
export async function quickXor(parts: AsyncIterable<Uint8Array>): Promise<string> {
  // A byte goes to bit 11·i mod 160, so bytes that are 160 apart meet: they are combined first, a word at a time.
  const lanes = new Uint8Array(BITS)
  const words = new Int32Array(lanes.buffer)
  let length = 0
  for await (const part of parts) {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength)
    let at = 0
    const single = (end: number) => {
      for (; at < end; at += 1) lanes[(length + at) % BITS]! ^= part[at]!
    }
    single(Math.min(part.length, (BITS - (length % BITS)) % BITS))
    for (; at + BITS <= part.length; at += BITS) {
      for (let word = 0; word < words.length; word += 1) {
        words[word]! ^= view.getInt32(at + word * 4, true)
      }
    }
    single(part.length)
    length += part.length
  }
  return fold(lanes, length)
}

/** Puts each lane at its bit of the circular register, and the length over the last eight bytes. */
function fold(lanes: Uint8Array, length: number): string {
  const register = new Uint8Array(BITS / 8)
  lanes.forEach((byte, lane) => {
    const bit = (lane * SHIFT) % BITS
    const shifted = byte << (bit & 7)
    register[bit >> 3]! ^= shifted & 0xff
    register[((bit >> 3) + 1) % register.length]! ^= shifted >> 8
  })
  const tail = new DataView(register.buffer, 12)
  tail.setBigUint64(0, tail.getBigUint64(0, true) ^ BigInt(length), true)
  return Buffer.from(register).toString('base64')
}
