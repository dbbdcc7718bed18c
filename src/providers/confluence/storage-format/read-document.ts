// Reads a page in Confluence's storage format as what it says; every text that a reader of the page sees is in the result.
import { BLOCK_READERS } from './block-readers.ts'
import type { Block, Options } from './document.ts'
import { INLINE_READERS } from './inline-readers.ts'
import { MACRO_READERS } from './macro-readers.ts'
import type { PageBudget } from './page-budget.ts'
import { Flow, Scope } from './scope.ts'
import { readTree } from './tree.ts'

const READERS = new Map([...BLOCK_READERS, ...INLINE_READERS, ...MACRO_READERS])

/** Tells of the page's blocks in order, each as soon as it is read. */
export function readDocument(
  storage: string,
  options: Options,
  budget: PageBudget,
  tell: (block: Block) => void,
): void {
  const flow = new Flow(budget, (block) => {
    tell(block)
    budget.releaseNodes()
  })
  const scope = new Scope({ options, readers: READERS, budget }, flow)
  readTree(storage, budget, (node) => scope.walk([node]))
  flow.endParagraph()
}
