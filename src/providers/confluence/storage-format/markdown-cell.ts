// Writes the blocks of a table's cell into one line of Markdown, where no block can begin: lines become `<br>`.
// https://github.github.com/gfm/#tables-extension-
import type { Block, Inline, List, Table } from './document.ts'
import { codeSpan, escapeBars, renderInlines } from './markdown-inline.ts'
import { panelBlocks, titleBlocks } from './markdown-panel.ts'
import type { PageBudget } from './page-budget.ts'
import { TableLayout } from './table-layout.ts'

export function renderCell(blocks: readonly Block[], budget: PageBudget): string {
  const lines: string[] = []
  addLines(lines, blocks, budget)
  return lines.join('<br>')
}

function addLines(lines: string[], blocks: readonly Block[], budget: PageBudget): void {
  for (const block of blocks) addBlockLines(lines, block, budget)
}

function addBlockLines(lines: string[], block: Block, budget: PageBudget): void {
  switch (block.kind) {
    case 'heading':
      return void lines.push(renderInlines(block.inlines.map(emphasise), 'cell'))
    case 'paragraph':
      return void lines.push(renderInlines(block.inlines, 'cell'))
    case 'rule':
      return
    case 'code':
      addLines(lines, titleBlocks(block.title), budget)
      return addCode(lines, block.code)
    case 'quote':
      return addLines(lines, block.blocks, budget)
    case 'panel':
      return addLines(lines, panelBlocks(block), budget)
    case 'expand':
      addLines(lines, titleBlocks(block.title), budget)
      return addLines(lines, block.blocks, budget)
    case 'list':
      return addList(lines, block, budget)
    case 'table':
      return addTable(lines, block, budget)
  }
}

function emphasise(inline: Inline): Inline {
  if (inline.kind === 'break' || inline.marks.includes('strong')) return inline
  return { ...inline, marks: ['strong', ...inline.marks] }
}

function addCode(lines: string[], code: string): void {
  for (const line of code.replace(/\n$/, '').split('\n')) {
    lines.push(line.trim() === '' ? '' : escapeBars(codeSpan(line)))
  }
}

function addList(lines: string[], { items, start }: List, budget: PageBudget): void {
  items.forEach(({ isDone, blocks }, index) => {
    const first = lines.length
    addLines(lines, blocks, budget)
    const marker = start === undefined ? '-' : `${start + index}.`
    const box = isDone === undefined ? marker : isDone ? '[x]' : '[ ]'
    if (lines.length > first) lines[first] = `${box} ${lines[first] ?? ''}`
  })
}

/** A table in a table is a list of its rows. */
function addTable(lines: string[], table: Table, budget: PageBudget): void {
  const layout = new TableLayout(budget)
  for (const row of table.rows) {
    const cells = layout.place(row).map((cell) => renderCell(cell?.blocks ?? [], budget))
    lines.push(cells.join(' / '))
  }
}
