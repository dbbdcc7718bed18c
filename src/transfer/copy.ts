// The one loop of every transfer: from a source into a sink, fragment by fragment, going on where the sink has got to.
import type { FragmentSource } from '../net/stream.ts'
import { backOff } from '../net/retry.ts'
import { Problem } from '../problems/problem.ts'
import type { Sink } from './sink.ts'
import type { Source } from './source.ts'

/** How often a source is opened again without a single byte more being kept. */
const IDLE_TRIES = 3

/**
 * Brings the sink up to `end`, or to the stored file where `end` is the whole size. A source that reopens is opened again after
 * failures that pass; with one that flows once, what the sink did not keep ends the copy with the failure.
 * @param onCommitted called when a fragment is kept and more follow; the next but one waits for it.
 */
export async function copy(
  source: Source,
  sink: Sink,
  end: number,
  onCommitted?: () => Promise<void>,
): Promise<void> {
  let opened: FragmentSource | undefined
  let idle = 0
  let committing: Promise<void> | undefined
  try {
    while (isLeft(sink, end)) {
      const { offset } = sink
      const length = Math.min(sink.fragmentSize(end - offset), end - offset)
      if (length > 0) opened ??= await source.open(offset, end)
      const failure = await writeFragment(opened, sink, { offset, length })
      if (sink.offset === offset + length || sink.stored !== undefined) {
        idle = 0
        // All bytes are there, and the sink does not say what came of them.
        if (length === 0 && sink.stored === undefined) throw failure ?? unfinished()
      } else {
        await opened?.release()
        opened = undefined
        idle = sink.offset > offset ? 0 : idle + 1
        if (!source.reopens || (failure !== undefined && !isPassing(failure))) {
          throw failure ?? unfinished()
        }
        if (idle >= IDLE_TRIES) throw failure ?? unfinished()
        if (idle > 0) await pause(backOff(idle))
      }
      await committing
      committing = isLeft(sink, end) ? onCommitted?.() : undefined
      // Looked at one fragment later, or at the end.
      committing?.catch(() => undefined)
    }
  } finally {
    await opened?.release()
    await committing
  }
}

const isLeft = (sink: Sink, end: number) =>
  sink.stored === undefined && (sink.offset < end || end === sink.size)

/** Sends one fragment. Returns the failure, where the sink is not known to have taken it. */
async function writeFragment(
  opened: FragmentSource | undefined,
  sink: Sink,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<unknown> {
  const fragment = opened?.take(length)
  const writing = sink.write({ offset, length, total: sink.size, body: fragment?.body ?? null })
  try {
    await (fragment?.settle(writing) ?? writing)
    return undefined
  } catch (error) {
    // The sink may have taken all of it, and even be done, without our having heard of it.
    if (length > 0 && isLost(error)) await sink.ask().catch(() => undefined)
    return error
  }
}

/** Whether the vendor may have done what it was asked without our having heard of it. */
function isLost(error: unknown): boolean {
  return (
    error instanceof Problem &&
    (error.code === 'provider_unavailable' || error.code === 'provider_timeout')
  )
}

const isPassing = (error: unknown) =>
  isLost(error) && !(error instanceof Problem && error.options.ended === true)

const unfinished = () =>
  new Problem('provider_unavailable', 'The provider kept only a part of the bytes.')

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
