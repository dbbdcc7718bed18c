// Writes the blocks of a table's cell into one line of Markdown, where no block can begin: lines become `<br>`.
// https://github.github.com/gfm/#tables-extension-
import type { Block, Inline, List, Table } from './document.ts'
import { codeSpan, renderInlines } from './markdown-inline.ts'
import { panelBlocks, titleBlocks } from './markdown-panel.ts'
import { TableLayout } from './table-layout.ts'

export function renderCell(blocks: readonly Block[]): string {
  const lines: string[] = []
  addLines(lines, blocks)
  return lines.join('<br>')
}

function addLines(lines: string[], blocks: readonly Block[]): void {
  for (const block of blocks) addBlockLines(lines, block)
}

function addBlockLines(lines: string[], block: Block): void {
  switch (block.kind) {
    case 'heading':
      return void lines.push(renderInlines(block.inlines.map(emphasise), 'cell'))
    case 'paragraph':
      return void lines.push(renderInlines(block.inlines, 'cell'))
    case 'rule':
      return
    case 'code':
      addLines(lines, titleBlocks(block.title))
      return addCode(lines, block.code)
    case 'quote':
      return addLines(lines, block.blocks)
    case 'panel':
      return addLines(lines, panelBlocks(block))
    case 'expand':
      addLines(lines, titleBlocks(block.title))
      return addLines(lines, block.blocks)
    case 'list':
      return addList(lines, block)
    case 'table':
      return addTable(lines, block)
  }
}

function emphasise(inline: Inline): Inline {
  if (inline.kind === 'break' || inline.marks.includes('strong')) return inline
  return { ...inline, marks: ['strong', ...inline.marks] }
}

function addCode(lines: string[], code: string): void {
  for (const line of code.replace(/\n$/, '').split('\n')) {
    lines.push(line.trim() === '' ? '' : codeSpan(line).replaceAll('|', '\\|'))
  }
}

function addList(lines: string[], { items, start }: List): void {
  items.forEach(({ isDone, blocks }, index) => {
    const first = lines.length
    addLines(lines, blocks)
    const marker = start === undefined ? '-' : `${start + index}.`
    const box = isDone === undefined ? marker : isDone ? '[x]' : '[ ]'
    if (lines.length > first) lines[first] = `${box} ${lines[first] ?? ''}`
  })
}

/** A table in a table is a list of its rows. */
function addTable(lines: string[], table: Table): void {
  const layout = new TableLayout()
  for (const row of table.rows) {
    const cells = layout.place(row).map((cell) => renderCell(cell?.blocks ?? []))
    lines.push(cells.join(' / '))
  }
}
