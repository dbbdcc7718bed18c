// The check sum of ZIP entries: https://www.rfc-editor.org/rfc/rfc1952#section-8

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** @param sum what it was before these bytes; 0 at the beginning */
export function crc32(bytes: Uint8Array, sum = 0): number {
  let value = ~sum
  for (let at = 0; at < bytes.length; at++) {
    value = (value >>> 8) ^ TABLE[(value ^ bytes[at]!) & 0xff]!
  }
  return ~value >>> 0
}
