// Renders a page as GitHub flavoured Markdown: read again, it says what the page says, and no text of it has become markup.
// https://github.github.com/gfm/
import type { Block, CodeBlock, List, ListItem, Options, Table } from './document.ts'
import { longestRun, renderInlines } from './markdown-inline.ts'
import { renderCell } from './markdown-cell.ts'
import { LineWriter } from './line-writer.ts'
import { panelBlocks, plain, titleBlocks } from './markdown-panel.ts'
import { PageBudget } from './page-budget.ts'
import { readDocument } from './read-document.ts'
import { TableLayout } from './table-layout.ts'

export function toMarkdown(storage: string, options: Options): string {
  const budget = new PageBudget(storage)
  const writer = new LineWriter(budget)
  const sequence = new BlockSequence(writer, false)
  if (options.title !== '') {
    sequence.add({ kind: 'heading', level: 1, inlines: [plain(options.title)] })
  }
  readDocument(storage, options, budget, (block) => sequence.add(block))
  return writer.finish()
}

function addBlocks(writer: LineWriter, blocks: readonly Block[], isTight: boolean): void {
  const sequence = new BlockSequence(writer, isTight)
  for (const block of blocks) sequence.add(block)
}

/** Blocks one below the other: what stands between them depends on the one above. */
class BlockSequence {
  readonly #writer: LineWriter
  readonly #isTight: boolean
  #above: Block | undefined
  #isOther = false

  constructor(writer: LineWriter, isTight: boolean) {
    this.#writer = writer
    this.#isTight = isTight
  }

  add(block: Block): void {
    const above = this.#above
    if (above !== undefined && !this.#isTight) this.#writer.blank()
    if (block.kind === 'list') {
      // Another sign begins another list.
      const continues = above?.kind === 'list' && isOrdered(above) === isOrdered(block)
      this.#isOther = continues && !this.#isOther
      addList(this.#writer, block, this.#isOther)
    } else addBlock(this.#writer, block)
    this.#above = block
  }
}

function addBlock(writer: LineWriter, block: Exclude<Block, List>): void {
  switch (block.kind) {
    case 'heading':
      return writer.line(`${'#'.repeat(block.level)} ${renderInlines(block.inlines, 'heading')}`)
    case 'paragraph':
      return writer.lines(renderInlines(block.inlines, 'paragraph'))
    case 'rule':
      // Dashes and asterisks would be bullets in a list.
      return writer.line('___')
    case 'code':
      return addCode(writer, block)
    case 'quote':
      return writer.nest('> ', '> ', () => addBlocks(writer, block.blocks, false))
    case 'panel':
      return writer.nest('> ', '> ', () => addBlocks(writer, panelBlocks(block), false))
    case 'expand':
      return addBlocks(writer, [...titleBlocks(block.title), ...block.blocks], false)
    case 'table':
      return addTable(writer, block)
  }
}

function addCode(writer: LineWriter, { title, language, code }: CodeBlock): void {
  if (title !== '') {
    addBlocks(writer, titleBlocks(title), false)
    writer.blank()
  }
  const fence = '`'.repeat(Math.max(3, longestRun(code) + 1))
  writer.line(fence + language)
  if (code !== '') writer.lines(code.replace(/\n$/, ''))
  writer.line(fence)
}

const isOrdered = (list: List) => list.start !== undefined

function addList(writer: LineWriter, list: List, isOther: boolean): void {
  const isTight = list.items.every(isTightItem)
  list.items.forEach((item, index) => {
    if (index > 0 && !isTight) writer.blank()
    const bullet = isOther ? '* ' : '- '
    const { start } = list
    const marker = start === undefined ? bullet : `${start + index}${isOther ? ')' : '.'} `
    const box = item.isDone === undefined ? '' : item.isDone ? '[x] ' : '[ ] '
    writer.nest(marker + box, ' '.repeat(marker.length), () => {
      addBlocks(writer, item.blocks, isTight)
    })
  })
}

/** A line, and lists that may follow it without an empty line: https://spec.commonmark.org/0.31.2/#lists */
function isTightItem({ blocks }: ListItem): boolean {
  return blocks.every((block, index) => {
    if (block.kind !== 'list') return index === 0 && block.kind === 'paragraph'
    const isFirst = index === 0 || blocks[index - 1]?.kind === 'list'
    return isFirst || ((block.start ?? 1) === 1 && block.items[0]?.blocks[0]?.kind === 'paragraph')
  })
}

function addTable(writer: LineWriter, table: Table): void {
  const { budget } = writer
  const layout = new TableLayout(budget)
  const rows = table.rows.map((row) =>
    layout.place(row).map((cell) => renderCell(cell?.blocks ?? [], budget)),
  )
  const width = rows.reduce((most, row) => Math.max(most, row.length), 1)
  const short = rows.reduce((sum, row) => sum + width - row.length, 0)
  // A row may end early; it is filled up for the eye, if that is not the most of the page.
  const filled = budget.mayPad(short) ? width : 0
  const line = (cells: readonly string[], least: number) => {
    const missing = Array<string>(Math.max(0, least - cells.length)).fill('')
    return `| ${[...cells, ...missing].join(' | ')} |`
  }
  const hasHeader = table.rows[0]?.every(({ isHeader }) => isHeader) ?? false
  writer.line(line(hasHeader ? (rows[0] ?? []) : [], width))
  writer.line(line(Array<string>(width).fill('---'), width))
  for (const row of rows.slice(hasHeader ? 1 : 0)) writer.line(line(row, filled))
}
