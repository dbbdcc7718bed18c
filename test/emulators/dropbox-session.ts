// Upload sessions: bytes that arrive in order, or in any order on a grid of 4 MiB, and how long they are kept.
// Source: files.stone, upload_session/start, upload_session/append:2, upload_session/finish.
import { randomBytes } from 'node:crypto'
import { ContentWriter, partsOf, type Content } from './content.ts'
import type { Tagged } from './dropbox-errors.ts'
import type { DropboxSettings } from './dropbox-settings.ts'

const GRID = 4 * 1024 * 1024

/** Why a session cannot be used; each route puts it where its errors have it. */
export class SessionError extends Error {
  constructor(readonly reason: Tagged) {
    super(reason['.tag'])
  }
}

export const sessionError = (tag: string) => new SessionError({ '.tag': tag })

export class UploadSession {
  readonly id = `pid_upload_session:${randomBytes(45).toString('base64url')}`
  readonly openedAt = Date.now()
  closed = false
  #writer = new ContentWriter()
  /** The bytes so far, once a commit has tried to use them. */
  #sealed: Content | undefined
  /** By offset; of concurrent sessions only. */
  readonly #parts = new Map<number, Content>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    readonly account: string,
    readonly concurrent: boolean,
  ) {}

  get size(): number {
    return this.#sealed?.size ?? this.#writer.size
  }

  /** One request after the other. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async append(body: AsyncIterable<Uint8Array>): Promise<number> {
    await this.#unseal()
    return this.#writer.append(body)
  }

  async truncate(size: number): Promise<void> {
    if (size < this.size) await this.#unseal()
    await this.#writer.truncate(size)
  }

  put(offset: number, content: Content): void {
    this.#parts.get(offset)?.discard()
    this.#parts.set(offset, content)
  }

  /** Everything that a concurrent session has, in its order. Throws when something is missing in between. */
  async join(): Promise<void> {
    for (const [offset, content] of [...this.#parts].sort(([one], [two]) => one - two)) {
      if (offset !== this.size) throw sessionError('concurrent_session_missing_data')
      await this.append(partsOf(content.read(0, content.size)))
      content.discard()
      this.#parts.delete(offset)
    }
  }

  /** The bytes so far. More may follow, if nobody takes them over. */
  async seal(): Promise<Content> {
    return (this.#sealed ??= await this.#writer.finish())
  }

  async discard(): Promise<void> {
    for (const part of this.#parts.values()) part.discard()
    this.#sealed?.discard()
    await this.#writer.discard()
  }

  async #unseal(): Promise<void> {
    const sealed = this.#sealed
    if (sealed === undefined) return
    this.#writer = new ContentWriter()
    this.#sealed = undefined
    await this.#writer.append(partsOf(sealed.read(0, sealed.size)))
    sealed.discard()
  }
}

export class UploadSessions {
  readonly #open = new Map<string, UploadSession>()

  constructor(readonly settings: DropboxSettings) {}

  ids(): string[] {
    return [...this.#open.keys()]
  }

  sizes(): number[] {
    return [...this.#open.values()].map(({ size }) => size)
  }

  start(account: string, concurrent: boolean): UploadSession {
    const session = new UploadSession(account, concurrent)
    this.#open.set(session.id, session)
    return session
  }

  /** Sessions are gone after seven days, and are nobody else's. */
  find(account: string, id: string): UploadSession {
    const session = this.#open.get(id)
    if (session?.account !== account) throw sessionError('not_found')
    const lost = this.settings.lostSessions > 0
    if (lost) this.settings.lostSessions -= 1
    if (!lost && session.openedAt + this.settings.sessionLifetime * 1000 > Date.now())
      return session
    this.#open.delete(id)
    void session.discard()
    throw sessionError('not_found')
  }

  /** The bytes have become a file. */
  end(session: UploadSession): void {
    this.#open.delete(session.id)
  }

  clear(): void {
    for (const session of this.#open.values()) void session.discard()
    this.#open.clear()
  }
}

export const isOnGrid = (bytes: number) => bytes % GRID === 0
