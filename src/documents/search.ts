// Looks for a pattern in bytes that come piece by piece, at the cost of a look at a few of them (Horspool's algorithm).

/** Tells of each piece whether the pattern ends in it. @param pattern 2 to 255 bytes. */
export function createSearch(pattern: Uint8Array): (piece: Uint8Array) => boolean {
  const last = pattern.length - 1
  const shifts = new Uint8Array(256).fill(pattern.length)
  for (let at = 0; at < last; at++) shifts[pattern[at] ?? 0] = last - at
  const isIn = (bytes: Uint8Array) => {
    for (let end = last; end < bytes.length; end += shifts[bytes[end] ?? 0] ?? 1) {
      let back = 0
      while (back <= last && bytes[end - back] === pattern[last - back]) back++
      if (back > last) return true
    }
    return false
  }
  // What could be the pattern's beginning.
  let tail = new Uint8Array(0)
  return (piece) => {
    const seam = new Uint8Array([...tail, ...piece.subarray(0, last)])
    const found = isIn(seam) || isIn(piece)
    tail = piece.length < last ? seam.slice(-last) : piece.slice(-last)
    return found
  }
}
