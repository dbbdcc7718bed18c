// Reads a page in Confluence's storage format as what it says; every text that a reader of the page sees is in the result.
import { BLOCK_READERS } from './block-readers.ts'
import type { Block, Options } from './document.ts'
import { INLINE_READERS } from './inline-readers.ts'
import { MACRO_READERS } from './macro-readers.ts'
import { Scope } from './scope.ts'
import { readTree } from './tree.ts'

const READERS = new Map([...BLOCK_READERS, ...INLINE_READERS, ...MACRO_READERS])

export function readDocument(storage: string, options: Options): readonly Block[] {
  return new Scope({ options, readers: READERS }).read(readTree(storage))
}
