// Reads the body of a request that is to be parsed: bounded in size and time, whether its length was declared or not.
import { invalidField, Problem } from './problem.ts'

/** Bytes of a body, unless its route needs more. */
export const BODY_LIMIT = 64 * 1024
/** Milliseconds in which a body must have arrived. */
const DEADLINE = 30_000

/**
 * The whole body. Throws `payload_too_large` before more than `limit` bytes are held, and leaves the rest where it is: whoever answers
 * reads it away first, so that the sender sees the answer.
 */
export async function readBounded(request: Request, limit: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit)
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(invalidField('body', 'stopped arriving')), DEADLINE)
  })
  try {
    return await collect(() => Promise.race([reader.read(), late]), limit)
  } catch (error) {
    if (error instanceof Problem && error.code === 'payload_too_large') reader.releaseLock()
    else await reader.cancel().catch(() => undefined)
    throw error instanceof Problem ? error : invalidField('body', 'was cut off')
  } finally {
    if (timer !== undefined) clearTimeout(timer)
  }
}

async function collect(
  read: () => Promise<ReadableStreamReadResult<Uint8Array>>,
  limit: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await read()
    if (done) break
    size += value.byteLength
    if (size > limit) throw tooLarge(limit)
    pieces.push(value)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}

const tooLarge = (limit: number) =>
  new Problem('payload_too_large', `The body has more than ${limit} bytes.`)
