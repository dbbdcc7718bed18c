// Reads the answers of strangers' servers: bounded in size and time, and never left open.
import { Problem } from '../problems/problem.ts'

export interface BodyLimits {
  /** Bytes; 8 MiB by default. */
  readonly limit?: number
  /** Milliseconds for the whole body; 15,000 by default. */
  readonly deadline?: number
  /** What is thrown beyond the limit; `provider_unavailable` by default. */
  readonly tooLarge?: () => Problem
}

const LIMIT = 8 * 1024 * 1024
const DEADLINE = 15_000

/**
 * The body as JSON. What is cut, too large or not JSON is `provider_unavailable`; what does not end in time `provider_timeout`.
 * The shape is the caller's to check.
 */
export async function readJson<T = unknown>(
  response: Response,
  limits: BodyLimits = {},
): Promise<T> {
  const text = await readText(response, limits)
  try {
    return JSON.parse(text) as T
  } catch {
    throw new Problem(
      'provider_unavailable',
      'The provider answered with something that is not JSON.',
    )
  }
}

/** The body as text (UTF-8). The same errors as {@link readJson}. */
export async function readText(response: Response, limits: BodyLimits = {}): Promise<string> {
  const { limit = LIMIT, deadline = DEADLINE, tooLarge = strangeSize } = limits
  const declared = response.headers.get('content-length')
  const known = declared !== null && response.headers.get('content-encoding') === null
  if (known && Number(declared) > limit) {
    await discard(response)
    throw tooLarge()
  }
  if (response.body === null) return ''
  const reader = response.body.getReader()
  try {
    return await within(readBounded(reader, limit, tooLarge), deadline)
  } catch (error) {
    // Nobody waits for the rest: its connection is free again.
    await reader.cancel().catch(() => undefined)
    if (error instanceof Problem) throw error
    throw new Problem('provider_unavailable', 'The provider’s answer was cut off.', {
      cause: error,
    })
  }
}

async function readBounded(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limit: number,
  tooLarge: () => Problem,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > limit) throw tooLarge()
    text += decoder.decode(value, { stream: true })
  }
}

function strangeSize(): Problem {
  return new Problem('provider_unavailable', 'The provider’s answer was larger than it may be.')
}

/** Ends a body that nobody reads, so that its connection is free again. Never throws. */
export async function discard(response: Response): Promise<void> {
  if (response.body === null || response.body.locked) return
  await response.body.cancel().catch(() => undefined)
}

/** The promise's result, or `provider_timeout` after so many milliseconds. */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Problem('provider_timeout', 'The provider did not finish its answer in time.'))
    }, milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    if (timer !== undefined) clearTimeout(timer)
    // The loser of the race still ends, and nobody waits for it any more.
    work.catch(() => undefined)
  }
}
