// Builds the elements of a page: no markup is refused, no text is lost, and no element lies deeper than the readers can go.
import { readAttribute, readMarkup } from './markup.ts'

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

/** The nodes that a page consists of. */
export function readTree(storage: string): readonly Node[] {
  const builder = new TreeBuilder()
  readMarkup(storage, builder)
  return builder.root.children
}

interface Draft {
  readonly name: string
  readonly attributes: string
  children: readonly Node[]
}

class TreeBuilder {
  readonly root: Draft = { name: '', attributes: '', children: NONE }
  readonly #stack: Draft[] = [this.root]
  /** How many elements of a name are open: an end tag without a start costs nothing. */
  readonly #openCounts = new Map<string, number>()
  #current = this.root

  open(name: string, attributes: string, isEmpty: boolean): void {
    const element: Draft = { name, attributes, children: NONE }
    append(this.#container(), element)
    if (isEmpty || VOID.has(name)) return
    this.#stack.push(element)
    this.#current = element
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
  }

  text(text: string): void {
    append(this.#current, text)
  }

  /** The innermost element that may have elements in it. */
  #container(): Draft {
    return this.#stack[Math.min(this.#stack.length, MAX_DEPTH) - 1] ?? this.root
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
