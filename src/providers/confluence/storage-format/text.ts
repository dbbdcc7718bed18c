// Renders a page as plain text: every block on a line of its own, cells by tab, tasks with a box, nothing escaped.
import type { Block, Cell, Inline, List, Options, Table } from './document.ts'
import { Output } from './output.ts'
import { PageBudget } from './page-budget.ts'
import { readDocument } from './read-document.ts'
import { collapseSpace } from './replace-in-parts.ts'
import { TableLayout } from './table-layout.ts'
import { ALL_SPACE, walkInlines } from './walk-inlines.ts'

export function toText(storage: string, options: Options): string {
  const budget = new PageBudget(storage)
  const output = new Output(budget)
  const write = (line: string) => output.push(`${line}\n`)
  if (options.title !== '') write(options.title)
  readDocument(storage, options, budget, (block) => {
    const text = new TextLines(budget)
    text.addBlock(block, '')
    text.lines.forEach(write)
  })
  return output.finish()
}

/** The lines of a block, or of a cell's blocks. */
class TextLines {
  readonly lines: string[] = []
  readonly #budget: PageBudget

  constructor(budget: PageBudget) {
    this.#budget = budget
  }

  addBlocks(blocks: readonly Block[], indent: string): void {
    for (const block of blocks) this.addBlock(block, indent)
  }

  addBlock(block: Block, indent: string): void {
    switch (block.kind) {
      case 'heading':
      case 'paragraph':
        return this.#addText(lineOf(block.inlines), indent)
      case 'rule':
        return
      case 'code':
        this.#addTitle(block.title, indent)
        return this.#addText(block.code.replace(/^\n|\n$/g, ''), indent)
      case 'panel':
      case 'expand':
        this.#addTitle(block.title, indent)
        return this.addBlocks(block.blocks, indent)
      case 'quote':
        return this.addBlocks(block.blocks, indent)
      case 'list':
        return this.#addList(block, indent)
      case 'table':
        return this.#addTable(block, indent)
    }
  }

  #addLine(line: string, indent: string): void {
    this.#budget.hold(indent.length)
    this.lines.push(indent + line)
  }

  #addText(text: string, indent: string): void {
    for (const line of text.split('\n')) this.#addLine(line, indent)
  }

  #addTitle(title: string, indent: string): void {
    if (title !== '') this.#addLine(title, indent)
  }

  #addList(list: List, indent: string): void {
    list.items.forEach(({ isDone, blocks }, index) => {
      const first = this.lines.length
      this.addBlocks(blocks, `${indent}  `)
      if (this.lines.length === first) return
      const marker = isDone === undefined ? bullet(list.start, index) : isDone ? '[x]' : '[ ]'
      this.lines[first] = `${indent}${marker} ${(this.lines[first] ?? '').trimStart()}`
    })
  }

  #addTable(table: Table, indent: string): void {
    const layout = new TableLayout(this.#budget)
    for (const row of table.rows) {
      const cells = layout.place(row).map((cell) => (cell === undefined ? '' : this.#textOf(cell)))
      this.#addLine(cells.join('\t'), indent)
    }
  }

  #textOf(cell: Cell): string {
    const inside = new TextLines(this.#budget)
    inside.addBlocks(cell.blocks, '')
    return collapseSpace(inside.lines.join(' '), /\s+/g).trim()
  }
}

function bullet(start: number | undefined, index: number): string {
  return start === undefined ? '-' : `${start + index}.`
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
