// What the answer to a cancellation means.
import { discard } from '../net/body.ts'

/** Whether nothing is left at the vendor: a session that is gone is as good, and only who could not answer may still have it. Never throws. */
export async function isCancelled(request: Promise<Response>): Promise<boolean> {
  try {
    const response = await request
    await discard(response)
    return response.status < 500 && response.status !== 429
  } catch {
    return false
  }
}
