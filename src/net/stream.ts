// Cuts a request body of known length into fragments without holding them: one BYOB reader, two buffers, native streams.
import { ChunkBuffers } from './chunk-buffers.ts'
import { invalidField, Problem } from '../problems/problem.ts'

/** Milliseconds in which the sender must deliver the next chunk. */
const IDLE = 60_000
/** Milliseconds that a vendor may think over a file that it has in full. */
const ANSWER = 120_000
/** Milliseconds for a read under way to end, once nobody wants its bytes. */
const RELEASE = 1000

/** One fragment on its way. */
export interface TakenFragment {
  /** Null for an empty fragment. */
  readonly body: ReadableStream<Uint8Array> | null
  /**
   * Waits for `written`, the vendor's answer to the request that carries `body`, and gives it on. A vendor that answers without
   * reading to the end stops the pump; a source that ends early makes the request fail and throws `invalid_request`, or for a
   * provider's body `provider_unavailable` or `provider_timeout`.
   */
  readonly settle: <T>(written: Promise<T>) => Promise<T>
}

/** What looks at bytes that pass by: a digest of them. */
export interface Witness {
  /** `chunk` does not change until this has settled. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** What it has come to: lower-case hex. */
  readonly finish: () => Promise<string>
}

export interface SourceOptions {
  /** Sees every byte that is taken: then not even a whole body is passed on untouched. */
  readonly digest?: Pick<Witness, 'write'> | undefined
  /**
   * What the digest of all bytes must be (lower-case hex). Until it is known to be right the last of them are held back, so that a
   * request which carries others never ends: its fragment fails with `checksum_mismatch`.
   */
  readonly checksum?: { readonly digest: Witness; readonly expected: string } | undefined
  /** Ends it in the middle: the fragment on its way is broken off, and fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * The body comes from a provider: what goes wrong with it is the provider's failure, and may pass. Silence is noticed, so that
   * not even a whole body is passed on unseen.
   */
  readonly isRemote?: boolean
  /** Whether the body must end where its bytes do; it is looked at behind the last of them. */
  readonly mustEnd?: boolean
}

/** How a body failed its reader. */
type Failure = 'silent' | 'short' | 'long' | 'cut'

/** A body that flows once, taken fragment by fragment. */
export class FragmentSource {
  readonly #body: ReadableStream<Uint8Array> | null
  readonly #total: number
  readonly #isRequest: boolean
  readonly #signal: AbortSignal | undefined
  readonly #checksum: SourceOptions['checksum']
  readonly #isRemote: boolean
  readonly #mustEnd: boolean
  readonly #witnesses: readonly Pick<Witness, 'write'>[]
  #reader: ReadableStreamBYOBReader | undefined
  /** Bytes that fragments were taken for. */
  #taken = 0
  /** Bytes that reads were started for. */
  #read = 0
  #ahead: Promise<Uint8Array> | undefined
  readonly #buffers = new ChunkBuffers(IDLE + ANSWER)

  /**
   * @param total the bytes that `body` holds, as its sender declared
   * @param isRequest whether it is a request's own body, which its sender must be able to finish sending
   */
  constructor(
    body: ReadableStream<Uint8Array> | null,
    total: number,
    isRequest: boolean,
    { signal, digest, checksum, isRemote = false, mustEnd = false }: SourceOptions = {},
  ) {
    this.#checksum = checksum
    this.#isRemote = isRemote
    this.#mustEnd = mustEnd
    this.#witnesses = [digest, checksum?.digest].filter((one) => one !== undefined)
    this.#signal = signal
    this.#body = body
    this.#total = total
    this.#isRequest = isRequest
  }

  /** The next `length` bytes. The fragment before must have been settled. */
  take(length: number): TakenFragment {
    if (length === 0 || this.#body === null) return { body: null, settle: (written) => written }
    const whole = this.#taken === 0 && length === this.#total
    this.#taken += length
    if (whole && this.#witnesses.length === 0 && !this.#isRemote) {
      return this.#isRequest ? passOn(this.#body, length, this.#signal) : untouched(this.#body)
    }

    const { readable, writable } = new FixedLengthStream(length)
    const writer = writable.getWriter()
    let stop: (reason: unknown) => void = () => undefined
    const stopped = new Promise<never>((_, reject) => (stop = reject))
    stopped.catch(() => undefined)
    const onAbort = () => stop(this.#signal?.reason)
    this.#signal?.addEventListener('abort', onAbort)
    if (this.#signal?.aborted) onAbort()
    const pumped = this.#pump(writer, length, stopped).then(
      () => undefined,
      async (error: unknown) => {
        // The request must not wait for bytes that never come.
        await writer.abort(error).catch(() => undefined)
        return error
      },
    )
    return {
      body: readable,
      settle: async (written) => {
        const sent = pumped.then((failure) => failure === undefined)
        const answered = await settled(
          whole ? Promise.race([written, lateAnswer(sent, length)]) : written,
        )
        written.catch(() => undefined)
        stop(ANSWERED)
        this.#signal?.removeEventListener('abort', onAbort)
        const failure = await pumped
        // What went wrong with the source says more than the broken request that came of it.
        if (failure instanceof Problem) throw failure
        if ('error' in answered) throw answered.error
        return answered.value
      },
    }
  }

  /** Lets go of what was not read: whoever answers the sender can still read it to its end. Never throws. */
  async release(): Promise<void> {
    this.#buffers.release()
    const reader = this.#reader
    if (!this.#isRequest) await (reader ?? this.#body)?.cancel().catch(() => undefined)
    if (!this.#isRequest || reader === undefined) return
    await Promise.race([this.#ahead?.catch(() => undefined), pause(RELEASE)])
    try {
      reader.releaseLock()
    } catch {
      // A read that waits for a sender who has stopped.
      await reader.cancel().catch(() => undefined)
    }
  }

  async #pump(
    writer: WritableStreamDefaultWriter<Uint8Array>,
    length: number,
    stopped: Promise<never>,
  ): Promise<void> {
    let left = length
    while (left > 0) {
      const reading = this.#ahead ?? this.#readOn(left)
      if (reading === undefined) throw new Error('a fragment reaches beyond the body')
      const chunk = await Promise.race([reading, stopped])
      const part = chunk.subarray(0, left)
      left -= part.byteLength
      const rest = chunk.subarray(part.byteLength)
      // The next chunk arrives while this one leaves, and while the vendor answers for a fragment that is complete.
      this.#ahead = rest.byteLength > 0 ? Promise.resolve(rest) : this.#readOn(left)
      // Told before the bytes leave: a vendor that has all of them may answer at once.
      const seen = Promise.all(this.#witnesses.map((one) => one.write(part)))
      seen.catch(() => undefined)
      if (left === 0 && this.#taken === this.#total) await this.#finish()
      // A vendor that has answered reads no more: the write would wait for ever.
      await Promise.race([writer.write(part), stopped])
      await seen
      if (rest.byteLength === 0) this.#buffers.giveBack(chunk.buffer as ArrayBuffer)
    }
    await Promise.race([writer.close(), stopped])
  }

  /** Throws when there are more bytes than were said, and `checksum_mismatch` when they are others than their sender meant. */
  async #finish(): Promise<void> {
    if (this.#mustEnd && !(await this.#isAtEnd())) throw this.#failed('long')
    if (this.#checksum === undefined) return
    const { digest, expected } = this.#checksum
    if ((await digest.finish()) !== expected) throw new Problem('checksum_mismatch')
  }

  /** Starts reading the chunk behind those that were read so far, which ends where the fragment does; undefined at the end. */
  #readOn(left: number): Promise<Uint8Array> | undefined {
    // Behind the fragment begins another, of which nothing is known.
    const length = Math.min(this.#buffers.size, left || Infinity, this.#total - this.#read)
    if (length === 0) return undefined
    this.#read += length
    const chunk = this.#readChunk(length)
    // It may be waited for later, or never.
    chunk.catch(() => undefined)
    return chunk
  }

  async #readChunk(length: number): Promise<Uint8Array> {
    this.#reader ??= this.#body?.getReader({ mode: 'byob' })
    const view = new Uint8Array(this.#buffers.take(length), 0, length)
    const { value } = await this.#inTime(this.#reader?.readAtLeast(length, view))
    if (value === undefined || value.byteLength !== length) throw this.#failed('short')
    return value
  }

  async #isAtEnd(): Promise<boolean> {
    const { value } = await this.#inTime(this.#reader?.read(new Uint8Array(1)))
    return value === undefined || value.byteLength === 0
  }

  /** What a read comes to, unless nothing does for too long. */
  async #inTime<T>(reading: Promise<T> | undefined): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#failed('silent')), IDLE)
    })
    try {
      return await Promise.race([reading ?? Promise.reject(new Error('no body')), late])
    } catch (error) {
      throw error instanceof Problem ? error : this.#failed('cut', error)
    } finally {
      if (timer !== undefined) clearTimeout(timer)
    }
  }

  #failed(failure: Failure, cause?: unknown): Problem {
    if (this.#isRemote) return remoteFailure(failure, cause)
    if (failure === 'cut') {
      return new Problem('invalid_request', 'The body was cut off while it was sent.', {
        errors: [{ field: 'body', message: 'was cut off' }],
        cause,
      })
    }
    const words = {
      silent: 'stopped arriving',
      short: 'ended before the size that was declared',
      long: 'goes on behind the size that was declared',
    }
    return invalidField('body', words[failure])
  }
}

function remoteFailure(failure: Failure, cause: unknown): Problem {
  if (failure === 'silent') {
    return new Problem('provider_timeout', 'The provider stopped sending the file.')
  }
  const what = failure === 'long' ? 'sent more than the file has' : 'did not send all of the file'
  return new Problem('provider_unavailable', `The provider ${what}.`, { cause })
}

/** A fragment that is the whole of a stream of our own. */
function untouched(body: ReadableStream<Uint8Array>): TakenFragment {
  return { body, settle: (written) => written }
}

/**
 * A fragment that is the whole body: a native pipe, no JavaScript sees the bytes. What a failure leaves unread stays in the body,
 * so that it can be drained before the sender is answered.
 */
function passOn(
  body: ReadableStream<Uint8Array>,
  length: number,
  signal: AbortSignal | undefined,
): TakenFragment {
  const { readable, writable } = new FixedLengthStream(length)
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal?.addEventListener('abort', onAbort)
  const piped = body.pipeTo(writable, { preventCancel: true, signal: stop.signal }).then(
    () => true,
    () => false,
  )
  return {
    body: readable,
    settle: async (written) => {
      const answered = await settled(Promise.race([written, lateAnswer(piped, length)]))
      written.catch(() => undefined)
      stop.abort()
      signal?.removeEventListener('abort', onAbort)
      await Promise.race([piped, pause(RELEASE)])
      if ('error' in answered) throw signal?.aborted ? signal.reason : answered.error
      return answered.value
    },
  }
}

/** Fails when all bytes are gone and no answer comes: two minutes, and one more for each 8 GiB that may have to be hashed. */
async function lateAnswer(piped: Promise<boolean>, length: number): Promise<never> {
  const sent = await piped
  if (!sent) return new Promise<never>(() => undefined)
  await pause(ANSWER + Math.ceil(length / 140_000))
  throw new Problem('provider_timeout', 'The provider has all bytes and does not answer.')
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Why a pump was stopped: no failure. */
const ANSWERED = Symbol('the vendor has answered')

async function settled<T>(work: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await work }
  } catch (error) {
    return { error }
  }
}
