// Bytes that a vendor stores otherwise than it got them.
import type { Content } from './content.ts'

/** The same but for the first byte: what a medium that fails gives back. */
export function garble(content: Content): Content {
  const flip = () => {
    let isFirst = true
    return new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const bytes = Uint8Array.from(chunk)
        if (isFirst && bytes[0] !== undefined) bytes[0] ^= 0xff
        isFirst = false
        controller.enqueue(bytes)
      },
    })
  }
  return {
    ...content,
    read: (start, end) => {
      const bytes = content.read(start, end)
      return start === 0 && end > 0 ? bytes.pipeThrough(flip()) : bytes
    },
    share: () => garble(content.share()),
  }
}
