// Builds the elements of a page: no markup is refused, no text is lost, and no element lies deeper than the readers can go.
import { readAttribute, readMarkup } from './markup.ts'
import type { PageBudget } from './page-budget.ts'

export type Node = Element | string

export interface Element {
  readonly name: string
  /** Raw, as most are never asked for; {@link attribute} reads them. */
  readonly attributes: string
  readonly children: readonly Node[]
}

/** Pages that people write stay below 60. What lies deeper is put beside what it lies in. */
const MAX_DEPTH = 200

/** Elements of HTML that have no end tag, also where the slash is forgotten. */
const VOID = new Set(['br', 'hr', 'img', 'col'])

const NONE: readonly Node[] = []

/**
 * Tells of the nodes that a page consists of, each when it is complete: the tree of a whole page, which may have
 * hundreds of thousands of elements, is more than a Worker has room for.
 */
export function readTree(storage: string, budget: PageBudget, tell: (node: Node) => void): void {
  const builder = new TreeBuilder(budget, tell)
  readMarkup(storage, builder)
  builder.tellLast()
}

/** They hold whole pages and say nothing but where a line ends: what is in them is told as if it were beside them. */
const LAYOUT = new Set(['ac:layout', 'ac:layout-section', 'ac:layout-cell'])

interface Draft {
  readonly name: string
  readonly attributes: string
  children: readonly Node[]
}

/** An element that is open, and what the nodes in it are put into. */
interface Frame {
  readonly name: string
  readonly draft: Draft
}

class TreeBuilder {
  readonly #budget: PageBudget
  readonly #tell: (node: Node) => void
  readonly #page: Draft = { name: '', attributes: '', children: NONE }
  readonly #stack: Frame[] = [{ name: '', draft: this.#page }]
  /** How many elements of a name are open: an end tag without a start costs nothing. */
  readonly #openCounts = new Map<string, number>()
  #current = this.#page
  /** The last of the page's nodes; another one shows that it is complete. */
  #last: Node | undefined

  constructor(budget: PageBudget, tell: (node: Node) => void) {
    this.#budget = budget
    this.#tell = tell
  }

  open(name: string, attributes: string, isEmpty: boolean): void {
    const element: Draft = { name, attributes, children: NONE }
    const container = this.#container()
    this.#append(container, element)
    if (isEmpty || VOID.has(name)) return
    const draft = container === this.#page && LAYOUT.has(name) ? this.#page : element
    this.#stack.push({ name, draft })
    this.#current = draft
    this.#openCounts.set(name, (this.#openCounts.get(name) ?? 0) + 1)
  }

  /** Ends the innermost element of the name and all in it; elements that cross each other end where the outer one does. */
  close(name: string): void {
    if (!this.#openCounts.get(name)) return
    let closed: string
    do {
      closed = this.#stack.pop()?.name ?? name
      this.#openCounts.set(closed, (this.#openCounts.get(closed) ?? 1) - 1)
    } while (closed !== name)
    this.#current = this.#container()
    // Its end ends a line, as its start did.
    if (LAYOUT.has(name)) this.#append(this.#current, { name, attributes: '', children: NONE })
  }

  text(text: string): void {
    this.#append(this.#current, text)
  }

  tellLast(): void {
    if (this.#last !== undefined) this.#tell(this.#last)
  }

  /** The innermost element that may have elements in it. */
  #container(): Draft {
    return this.#stack[Math.min(this.#stack.length, MAX_DEPTH) - 1]?.draft ?? this.#page
  }

  #append(parent: Draft, node: Node): void {
    this.#budget.addNode()
    if (parent !== this.#page) return append(parent, node)
    this.tellLast()
    this.#last = node
  }
}

/** Most elements hold one node: an array of one, not one with room for more. */
function append(parent: Draft, node: Node): void {
  if (parent.children === NONE) parent.children = [node]
  else (parent.children as Node[]).push(node)
}

export function attribute(element: Element, name: string): string | undefined {
  return readAttribute(element.attributes, name)
}

export function isElement(node: Node): node is Element {
  return typeof node !== 'string'
}

export function childElements(element: Element): readonly Element[] {
  return element.children.filter(isElement)
}

export function childNamed(element: Element, name: string): Element | undefined {
  return childElements(element).find((child) => child.name === name)
}

/** All text in the element, as it stands there; `<br>` is a line's end. */
export function textIn(element: Element): string {
  const pieces: string[] = []
  collectText(element, pieces)
  return pieces.join('')
}

function collectText(element: Element, pieces: string[]): void {
  for (const child of element.children) {
    if (!isElement(child)) pieces.push(child)
    else if (child.name === 'br') pieces.push('\n')
    else collectText(child, pieces)
  }
}
