// Where bytes go: an upload at a provider, at the offset that the provider has committed.
import { Problem } from '../problems/problem.ts'
import type {
  Entry,
  Fragment,
  Progress,
  Provider,
  Session,
  Upload,
  UploadTarget,
} from '../providers/contract.ts'

/** What an upload came to. */
export interface Stored {
  readonly entry: Entry
  /** The vendor is known to change files of this kind when it stores them. */
  readonly rewritten: boolean
}

export interface Sink {
  /** Bytes of the whole file. */
  readonly size: number
  /** Bytes that are kept, as far as we know. */
  readonly offset: number
  /** The file, once it is there in full. */
  readonly stored: Stored | undefined
  /** Whether a request was sent of which it is not known what became. */
  readonly unsure: boolean
  /** Of a body of so many bytes that ends before the file does, how many are taken: 0 when they are too few. */
  readonly accepts: (available: number) => number
  /** Bytes that a body has at least, unless it reaches the end. */
  readonly least: number
  /** Whether nothing is kept of a request that is cut off. */
  readonly dropsCut: boolean
  /** Bytes of the next request, at most, when so many are at hand. */
  readonly fragmentSize: (available: number) => number
  readonly write: (fragment: Fragment) => Promise<void>
  /** Finds out what is kept. Throws a Problem with `ended` when nothing can go on. */
  readonly ask: () => Promise<void>
  /** Cancels. False when something may be left, because the provider could not be told. Never throws. */
  readonly abort: () => Promise<boolean>
}

/** The functions of a provider that writes. Throws `not_supported`. */
export function uploadOf(provider: Provider): Upload<unknown> {
  if (provider.upload === undefined) {
    throw new Problem('not_supported', 'This provider is read-only.')
  }
  return provider.upload
}

/** An upload straight into a provider. */
export class ProviderSink implements Sink {
  readonly size: number
  readonly #upload: Upload<unknown>
  readonly #session: Session
  #state: unknown
  #offset: number
  #stored: Stored | undefined
  #unsure = false

  private constructor(provider: Provider, session: Session, size: number, offset: number) {
    this.#upload = uploadOf(provider)
    this.#session = session
    this.size = size
    this.#offset = offset
  }

  static async begin(
    provider: Provider,
    session: Session,
    target: UploadTarget,
  ): Promise<ProviderSink> {
    const sink = new ProviderSink(provider, session, target.size, 0)
    sink.#take(await sink.#upload.begin(session, target))
    return sink
  }

  /** Goes on with what another request began; nothing is asked yet. What was unsure stays so until it is. */
  static resume(
    provider: Provider,
    session: Session,
    kept: {
      readonly size: number
      readonly offset: number
      readonly state: unknown
      readonly isUnsure: boolean
    },
  ): ProviderSink {
    const sink = new ProviderSink(provider, session, kept.size, kept.offset)
    sink.#state = kept.state
    sink.#unsure = kept.isUnsure
    return sink
  }

  get offset(): number {
    return this.#offset
  }

  get stored(): Stored | undefined {
    return this.#stored
  }

  get unsure(): boolean {
    return this.#unsure
  }

  /** JSON that another request can go on with. May carry authority: to be kept sealed. */
  get state(): unknown {
    return this.#state
  }

  get least(): number {
    return this.#upload.alignment(this.size)
  }

  get dropsCut(): boolean {
    return this.#upload.keepsCut !== true
  }

  accepts(available: number): number {
    return available - (available % this.least)
  }

  fragmentSize(available: number): number {
    return this.#upload.fragmentSize(this.size, available)
  }

  async write(fragment: Fragment): Promise<void> {
    this.#unsure = true
    this.#take(await this.#upload.write(this.#session, this.#state, fragment))
  }

  async ask(): Promise<void> {
    this.#take(await this.#upload.offset(this.#session, this.#state))
  }

  async abort(): Promise<boolean> {
    return this.#upload.abort(this.#session, this.#state)
  }

  #take(progress: Progress<unknown>): void {
    this.#unsure = false
    if (progress.done) {
      this.#stored = { entry: progress.entry, rewritten: progress.rewritten === true }
      this.#offset = this.size
    } else {
      this.#state = progress.state
      this.#offset = progress.offset
    }
  }
}
