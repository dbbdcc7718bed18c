// Says in words what Markdown has no sign for: the kind of a box, the titles of boxes and code.
import type { Block, Inline, Panel } from './document.ts'

export function plain(text: string): Inline {
  return { kind: 'text', text, marks: [] }
}

function strong(text: string): Inline {
  return { kind: 'text', text, marks: ['strong'] }
}

export function titleBlocks(title: string): readonly Block[] {
  return title === '' ? [] : [{ kind: 'paragraph', inlines: [strong(title)] }]
}

/** The kind of a box as a word: GitHub's alerts (`[!NOTE]`) are shown as these very signs by everything else. */
export function panelBlocks({ label, title, blocks }: Panel): readonly Block[] {
  if (label === '') return [...titleBlocks(title), ...blocks]
  if (title !== '') return [...titleBlocks(`${label}: ${title}`), ...blocks]
  const [first, ...rest] = blocks
  if (first?.kind !== 'paragraph') return [...titleBlocks(`${label}:`), ...blocks]
  const inlines = [strong(`${label}:`), plain(' '), ...first.inlines]
  return [{ kind: 'paragraph', inlines }, ...rest]
}
