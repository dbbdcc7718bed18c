// Renders a page as plain text: every block on a line of its own, cells by tab, tasks with a box, nothing escaped.
import type { Block, Cell, Inline, List, Options, Table } from './document.ts'
import { readDocument } from './read-document.ts'
import { TableLayout } from './table-layout.ts'
import { ALL_SPACE, walkInlines } from './walk-inlines.ts'

export function toText(storage: string, options: Options): string {
  const lines = options.title === '' ? [] : [options.title]
  readDocument(storage, options, (block) => addLines(lines, block, ''))
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function addLines(lines: string[], block: Block, indent: string): void {
  switch (block.kind) {
    case 'heading':
    case 'paragraph':
      return addIndented(lines, lineOf(block.inlines), indent)
    case 'rule':
      return
    case 'code':
      if (block.title !== '') lines.push(indent + block.title)
      return addIndented(lines, block.code.replace(/^\n|\n$/g, ''), indent)
    case 'panel':
    case 'expand':
      if (block.title !== '') lines.push(indent + block.title)
      return addBlocks(lines, block.blocks, indent)
    case 'quote':
      return addBlocks(lines, block.blocks, indent)
    case 'list':
      return addList(lines, block, indent)
    case 'table':
      return addTable(lines, block, indent)
  }
}

function addBlocks(lines: string[], blocks: readonly Block[], indent: string): void {
  for (const block of blocks) addLines(lines, block, indent)
}

function addIndented(lines: string[], text: string, indent: string): void {
  for (const line of text.split('\n')) lines.push(indent + line)
}

function addList(lines: string[], list: List, indent: string): void {
  list.items.forEach(({ isDone, blocks }, index) => {
    const first = lines.length
    addBlocks(lines, blocks, `${indent}  `)
    if (lines.length === first) return
    const marker = isDone === undefined ? bullet(list.start, index) : isDone ? '[x]' : '[ ]'
    lines[first] = `${indent}${marker} ${(lines[first] ?? '').trimStart()}`
  })
}

function bullet(start: number | undefined, index: number): string {
  return start === undefined ? '-' : `${start + index}.`
}

function addTable(lines: string[], table: Table, indent: string): void {
  const layout = new TableLayout()
  for (const row of table.rows) {
    const cells = layout.place(row).map((cell) => (cell === undefined ? '' : cellText(cell)))
    lines.push(indent + cells.join('\t'))
  }
}

function cellText(cell: Cell): string {
  const lines: string[] = []
  addBlocks(lines, cell.blocks, '')
  return lines.join(' ').replace(/\s+/g, ' ').trim()
}

function lineOf(inlines: readonly Inline[]): string {
  const pieces: string[] = []
  const add = (text: string) => pieces.push(text)
  walkInlines(inlines, ALL_SPACE, {
    open: () => undefined,
    close: () => undefined,
    text: add,
    code: add,
    image: ({ alt, name, hasCaption }) => add(alt || (hasCaption ? '' : `[image: ${name}]`)),
    lineBreak: () => add('\n'),
  })
  // An image that only its caption speaks for leaves an empty line.
  return pieces.join('').replaceAll(' \n', '\n').trimStart()
}
