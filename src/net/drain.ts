// Reads what is left of a request's body: a client, or a proxy before us, that still sends may otherwise never see the answer.

/** Bytes and milliseconds spent on what nobody wants. */
const LIMIT = 100 * 1024 * 1024
const DEADLINE = 10_000

/** Reads and forgets. Never throws; what does not end in time is cancelled. */
export async function drain({ body }: Request): Promise<void> {
  if (body === null || body.locked) return
  const reader = body.getReader()
  const end = Date.now() + DEADLINE
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<{ done: true; value: undefined }>((resolve) => {
    timer = setTimeout(() => resolve({ done: true, value: undefined }), DEADLINE)
  })
  let left = LIMIT
  try {
    while (left > 0 && Date.now() < end) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return
      left -= value.byteLength
    }
  } catch {
    // The sender is gone, or the body broke with what it was sent on to: there is nothing left to read.
  } finally {
    if (timer !== undefined) clearTimeout(timer)
    await reader.cancel().catch(() => undefined)
  }
}
