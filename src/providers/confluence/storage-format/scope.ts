// Where a reader of elements is: what encloses it, and the blocks and runs of text that it adds to.
import type { Block, CodeBlock, Image, Inline, Link, Mark, Options } from './document.ts'
import type { PageBudget } from './page-budget.ts'
import { isElement, type Element, type Node } from './tree.ts'

export type ElementReader = (element: Element, scope: Scope) => void

/** What is the same for a whole page. */
export interface PageSettings {
  readonly options: Options
  readonly readers: ReadonlyMap<string, ElementReader>
  readonly budget: PageBudget
}

/**
 * Lists and boxes in one another, at most. Each is so many characters before every line: without an end, a small page could
 * become one of hundreds of megabytes. The vendor's editor has lists six deep.
 */
const MAX_NESTING = 8

/** Takes blocks; runs of text between them become paragraphs. */
export class Flow {
  /** Counts what can be seen. */
  shown = 0
  // Most hold one: an array of one, not one with room for more, or a page of 2 MB takes a hundred.
  #blocks: Block[] | undefined
  #inlines: Inline[] | undefined
  #isParagraph = false
  /** The link of the paragraph's last run. */
  #link: Link | undefined
  readonly #budget: PageBudget
  readonly #tell: ((block: Block) => void) | undefined

  /** Blocks are told to `tell`, or else kept. */
  constructor(budget: PageBudget, tell?: (block: Block) => void) {
    this.#budget = budget
    this.#tell = tell
  }

  get blocks(): Block[] {
    return this.#blocks ?? []
  }

  addInline(inline: Inline): void {
    if (this.#inlines === undefined) this.#inlines = [inline]
    else this.#inlines.push(inline)
    this.#hold(inline)
    if (!isVisible(inline)) return
    this.shown++
    this.#isParagraph = true
  }

  /** The address of a link is written once in each paragraph. */
  #hold(inline: Inline): void {
    if (inline.kind === 'break') return
    if (inline.kind === 'image') this.#budget.hold(inline.alt.length + (inline.url?.length ?? 0))
    else this.#budget.hold(inline.text.length)
    const link = inline.marks.find(isLink)
    if (link !== undefined && link !== this.#link) this.#budget.hold(link.url.length)
    this.#link = link
  }

  addBlock(block: Block): void {
    this.endParagraph()
    this.shown++
    if (this.#tell !== undefined) this.#tell(block)
    else if (this.#blocks === undefined) this.#blocks = [block]
    else this.#blocks.push(block)
  }

  endParagraph(): void {
    const inlines = this.#inlines
    const isParagraph = this.#isParagraph
    this.#inlines = undefined
    this.#isParagraph = false
    this.#link = undefined
    if (inlines !== undefined && isParagraph) this.addBlock({ kind: 'paragraph', inlines })
  }
}

function isVisible(inline: Inline): boolean {
  return inline.kind === 'image' || (inline.kind !== 'break' && inline.text.trim() !== '')
}

export class Scope {
  readonly #page: PageSettings
  readonly #flow: Flow
  readonly #marks: readonly Mark[]
  readonly #isCode: boolean
  readonly #nesting: number

  constructor(
    page: PageSettings,
    flow: Flow,
    marks: readonly Mark[] = [],
    isCode = false,
    nesting = 0,
  ) {
    this.#page = page
    this.#flow = flow
    this.#marks = marks
    this.#isCode = isCode
    this.#nesting = nesting
  }

  get options(): Options {
    return this.#page.options
  }

  /** False where another list or box would be one too many: what is in it is read as if it were beside it. */
  get canNest(): boolean {
    return this.#nesting < MAX_NESTING
  }

  walk(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (!isElement(node)) this.addText(node)
      else {
        const read = this.#page.readers.get(node.name)
        // An element that is not known says nothing of the text in it.
        if (read === undefined) this.walk(node.children)
        else read(node, this)
      }
    }
  }

  /** Walks what stands on lines of its own. */
  walkApart(nodes: readonly Node[]): void {
    this.#flow.endParagraph()
    this.walk(nodes)
    this.#flow.endParagraph()
  }

  /** The blocks that the nodes are, apart from those around them. */
  read(nodes: readonly Node[]): Block[] {
    return this.#readWith(nodes, this.#nesting)
  }

  /** As {@link read}, for what is inside of a list or a box. */
  readNested(nodes: readonly Node[]): Block[] {
    return this.#readWith(nodes, this.#nesting + 1)
  }

  #readWith(nodes: readonly Node[], nesting: number): Block[] {
    const flow = new Flow(this.#page.budget)
    new Scope(this.#page, flow, this.#marks, this.#isCode, nesting).walk(nodes)
    flow.endParagraph()
    return flow.blocks
  }

  /** Whether anything that can be seen comes of it. */
  shows(add: () => void): boolean {
    const before = this.#flow.shown
    add()
    return this.#flow.shown > before
  }

  /** The scope inside a mark. Bold in bold is bold, and a link in a link is none. */
  marked(mark: Mark): Scope {
    const isThere = isLink(mark) ? this.#marks.some(isLink) : this.#marks.includes(mark)
    if (isThere) return this
    return new Scope(this.#page, this.#flow, [...this.#marks, mark], this.#isCode, this.#nesting)
  }

  asCode(): Scope {
    return new Scope(this.#page, this.#flow, this.#marks, true, this.#nesting)
  }

  addText(text: string): void {
    const kind = this.#isCode ? 'code' : 'text'
    if (text !== '') this.#flow.addInline({ kind, text, marks: this.#marks })
  }

  addImage(image: Omit<Image, 'kind' | 'marks'>): void {
    this.#flow.addInline({ kind: 'image', ...image, marks: this.#marks })
  }

  addBreak(): void {
    this.#flow.addInline({ kind: 'break' })
  }

  addInlines(inlines: readonly Inline[]): void {
    for (const inline of inlines) this.#flow.addInline(inline)
  }

  addBlock(block: Block): void {
    this.#flow.addBlock(block)
  }

  /** Each of its lines takes as much room as a text of its own. */
  addCode(block: Omit<CodeBlock, 'kind'>): void {
    const { code } = block
    for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) {
      this.#page.budget.addNode()
    }
    this.addBlock({ kind: 'code', ...block })
  }
}

export function isLink(mark: Mark): mark is Link {
  return typeof mark !== 'string'
}
