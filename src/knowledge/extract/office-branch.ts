// Leaves out what of a part is no text of the document, and all but one of the branches that say the same in different ways.
// ECMA-376-3, Markup Compatibility and Extensibility.
import type { Attributes, MarkupHandler } from './markup-reader.ts'
import { Unreadable } from './unreadable.ts'

/**
 * Tells `handler` of a part without these elements and what is in them.
 * @param root what the part's first element must be: anything else is `type_mismatch`
 */
export function oneBranchOf(
  handler: MarkupHandler,
  skipped: ReadonlySet<string>,
  root?: string,
): MarkupHandler {
  return new Branches(handler, skipped, root)
}

class Branches implements MarkupHandler {
  readonly #handler: MarkupHandler
  readonly #skipped: ReadonlySet<string>
  #root: string | undefined
  /** Elements that are open within what is skipped. */
  #unseen = 0
  /** For each choice between branches that is open, whether one was taken. */
  readonly #taken: boolean[] = []

  constructor(handler: MarkupHandler, skipped: ReadonlySet<string>, root: string | undefined) {
    this.#handler = handler
    this.#skipped = skipped
    this.#root = root
  }

  open(name: string, attributes: Attributes): void {
    if (this.#root !== undefined && this.#root !== name) throw new Unreadable('type_mismatch')
    this.#root = undefined
    if (this.#unseen > 0 || this.#skipped.has(name) || this.#isOtherBranch(name)) {
      this.#unseen++
      return
    }
    if (name === 'AlternateContent') this.#taken.push(false)
    this.#handler.open(name, attributes)
  }

  close(name: string): void {
    if (this.#unseen > 0) {
      this.#unseen--
      return
    }
    if (name === 'AlternateContent') this.#taken.pop()
    this.#handler.close(name)
  }

  text(text: string): void {
    if (this.#unseen === 0) this.#handler.text(text)
  }

  #isOtherBranch(name: string): boolean {
    const last = this.#taken.length - 1
    if (last < 0 || (name !== 'Choice' && name !== 'Fallback')) return false
    const isOther = this.#taken[last]!
    this.#taken[last] = true
    return isOther
  }
}
