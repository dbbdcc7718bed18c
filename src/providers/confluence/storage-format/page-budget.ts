// What the conversion of one page may cost: a Worker's 128 MB have room for it, or the page is refused with PageTooLarge.

export class PageTooLarge extends Error {
  override readonly name = 'PageTooLarge'

  constructor() {
    super('The page is too large to be converted.')
  }
}

/** Elements and texts that are in memory at once. With all that is made of them, each takes some 300 bytes. */
const MAX_NODES = 120_000
/** Empty places of tables. A few letters of a page ask for millions. */
const MAX_PLACES = 100_000

/** One for each page, shared by all that read it, lay it out and write it. */
export class PageBudget {
  readonly #maxCharacters: number
  #nodes = 0
  #held = 0
  #written = 0
  #spanned = 0
  #padded = 0

  constructor(storage: string) {
    this.#maxCharacters = 4 * storage.length + 1024 * 1024
  }

  /** Another element or text is in memory. */
  addNode(): void {
    if (++this.#nodes > MAX_NODES) throw new PageTooLarge()
  }

  /** What was read so far is written: its memory is free again. */
  releaseNodes(): void {
    this.#nodes = 0
  }

  /** Characters that are put together before they are written: a link that encloses a table is in each of its cells. */
  hold(characters: number): void {
    this.#held += characters
    if (this.#held > this.#maxCharacters) throw new PageTooLarge()
  }

  /** Characters of the output. */
  write(characters: number): void {
    this.#written += characters
    if (this.#written > this.#maxCharacters) throw new PageTooLarge()
  }

  /** Another place that a cell spans. */
  span(): void {
    if (++this.#spanned > MAX_PLACES) throw new PageTooLarge()
  }

  /** Whether so many places may be added for the eye alone: a table is as right without them. */
  mayPad(places: number): boolean {
    if (this.#padded + places > MAX_PLACES) return false
    this.#padded += places
    return true
  }
}
