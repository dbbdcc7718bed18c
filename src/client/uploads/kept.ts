// Remembers uploads that were not finished, in this browser, for the person who began them and nobody else, until they expire.

/** What the server has of a file. */
export interface Kept {
  /** The upload's path at the API. */
  readonly address: string
  /** Bytes. */
  readonly offset: number
  /** Until when the server keeps it: milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What an upload is known again by: the same file, to the same place. */
export interface FileMark {
  readonly connection: string
  readonly folder: string
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly lastModified: number
}

export interface KeptUpload extends FileMark {
  readonly user: string
  /** The upload's path at the API. */
  readonly address: string
  /** Bytes that have certainly arrived. */
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const PREFIX = 'slipway-upload:'

export const markOf = (file: File, connection: string, folder: string): FileMark => ({
  connection,
  folder,
  name: file.name,
  size: file.size,
  lastModified: file.lastModified,
})

/** Equal for the same file to the same place. */
export const keyOf = (mark: FileMark): string =>
  JSON.stringify([mark.connection, mark.folder, mark.name, mark.size, mark.lastModified])

export function keepUpload(kept: KeptUpload): void {
  try {
    localStorage.setItem(`${PREFIX}${kept.user}:${keyOf(kept)}`, JSON.stringify(kept))
  } catch {
    // Without storage an upload works as well; only a reload loses it.
  }
}

export function forgetUpload(user: string, mark: FileMark): void {
  remove(`${PREFIX}${user}:${keyOf(mark)}`)
}

/** Everything, as at the end of a session. */
export function forgetAllUploads(): void {
  for (const key of listKeys()) remove(key)
}

/** The user's own that can still be continued. What has expired, is another user's or makes no sense is deleted. */
export function listKept(user: string): KeptUpload[] {
  return listKeys().flatMap((key) => {
    const kept = read(key)
    if (kept?.user === user && kept.expiresAt > Date.now()) return [kept]
    remove(key)
    return []
  })
}

function listKeys(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
  } catch {
    return []
  }
}

function remove(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Then there is none.
  }
}

function read(key: string): KeptUpload | undefined {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? '') as Partial<KeptUpload> | null
    const { address, user, connection, folder, name, size, offset, expiresAt } = value ?? {}
    const texts = [user, connection, folder, name].every((text) => typeof text === 'string')
    const numbers = [size, offset, expiresAt].every((number) => typeof number === 'number')
    // Bytes of the person's files go to no other place than the API.
    const isOwn = typeof address === 'string' && /^\/api\/uploads\/[\w-]+$/.test(address)
    return texts && numbers && isOwn ? (value as KeptUpload) : undefined
  } catch {
    return undefined
  }
}

/** Marks an upload as this tab's, so that no other tab offers it; returns how to let go. The tab's end does so too. */
export function claimUpload(address: string): () => void {
  let release = () => undefined as void
  const held = new Promise<void>((resolve) => (release = resolve))
  void navigator.locks?.request(PREFIX + address, { mode: 'shared' }, () => held).catch(() => {})
  return () => release()
}

/** Addresses that are at work in some tab, this one included. */
export async function listClaimed(): Promise<ReadonlySet<string>> {
  const { held = [] } = (await navigator.locks?.query().catch(() => undefined)) ?? {}
  return new Set(held.map(({ name = '' }) => name.slice(PREFIX.length)))
}
