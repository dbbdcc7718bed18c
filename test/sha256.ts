// What bytes are judged by: two files with the same hash are the same file.
import { createHash } from 'node:crypto'

/** As hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
