// Reads what stands on lines of its own: paragraphs, headings, lists, tasks, tables, layouts.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import type { Block, Cell } from './document.ts'
import { inlinesOf } from './inline-readers.ts'
import type { ElementReader, Scope } from './scope.ts'
import { attribute, childNamed, isElement, textIn, type Element, type Node } from './tree.ts'

/** Elements that say no more of what is in them than that it begins a line. */
const APART = [
  ...['p', 'div', 'section', 'article', 'aside', 'header', 'footer', 'main', 'figure', 'center'],
  ...['figcaption', 'caption', 'details', 'summary', 'address', 'li', 'dl', 'dt', 'dd'],
  ...['thead', 'tbody', 'tfoot', 'tr', 'td', 'th'],
  ...['ac:layout', 'ac:layout-section', 'ac:layout-cell', 'ac:rich-text-body', 'ac:caption'],
  ...['ac:task', 'ac:task-body', 'ac:adf-node', 'ac:adf-content'],
]

/** Elements whose text is none of the page's. */
const HIDDEN = [
  ...['ac:parameter', 'ac:default-parameter', 'ac:placeholder', 'script', 'style'],
  ...['ac:task-id', 'ac:task-uuid', 'ac:task-status', 'ac:adf-attribute', 'ac:adf-mark'],
  'ac:adf-parameter',
]

const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']
const LISTS = ['ul', 'ol', 'ac:task-list']

const apart: ElementReader = (element, scope) => scope.walkApart(element.children)

export const BLOCK_READERS: readonly (readonly [string, ElementReader])[] = [
  ...APART.map((name) => [name, apart] as const),
  ...HIDDEN.map((name) => [name, () => undefined] as const),
  ...HEADINGS.map((name) => [name, readHeading] as const),
  ...LISTS.map((name) => [name, readList] as const),
  ['blockquote', readQuote],
  ['pre', readPreformatted],
  ['hr', (_, scope) => scope.addBlock({ kind: 'rule' })],
  ['table', readTable],
]

function readHeading(element: Element, scope: Scope): void {
  const blocks = scope.read(element.children)
  const inlines = inlinesOf(blocks)
  const level = HEADINGS.indexOf(element.name) + 1
  if (inlines.length > 0) scope.addBlock({ kind: 'heading', level, inlines })
  // A heading is a line; what else was put into it follows it.
  for (const block of blocks) if (block.kind !== 'paragraph') scope.addBlock(block)
}

function readQuote(element: Element, scope: Scope): void {
  if (!scope.canNest) return scope.walkApart(element.children)
  const blocks = scope.readNested(element.children)
  if (blocks.length > 0) scope.addBlock({ kind: 'quote', blocks })
}

function readPreformatted(element: Element, scope: Scope): void {
  scope.addCode({ language: '', title: '', code: textIn(element) })
}

function readList(element: Element, scope: Scope): void {
  if (!scope.canNest) return scope.walkApart(element.children)
  const items: OpenItem[] = []
  for (const child of element.children) addItem(items, child, scope)
  if (items.length === 0) return
  const start = element.name === 'ol' ? readNumber(element, 'start', 0, MAX_START) : undefined
  scope.addBlock({ kind: 'list', start, items })
}

/** Markdown takes nine digits, for every item: https://spec.commonmark.org/0.31.2/#ordered-list-marker */
const MAX_START = 99_999_999

/** An item that a list beside it may still be added to. */
interface OpenItem {
  readonly isDone: boolean | undefined
  readonly blocks: Block[]
}

function addItem(items: OpenItem[], child: Node, scope: Scope): void {
  const isTask = isElement(child) && child.name === 'ac:task'
  const isItem = isTask || (isElement(child) && child.name === 'li')
  const blocks = scope.readNested(isItem ? child.children : [child])
  const last = items.at(-1)
  if (isItem) items.push({ isDone: isTask ? readStatus(child) : undefined, blocks })
  // A list beside the items belongs to the one above: so are tasks below tasks stored.
  else if (last !== undefined) for (const block of blocks) last.blocks.push(block)
  else if (blocks.length > 0) items.push({ isDone: undefined, blocks })
}

function readStatus(task: Element): boolean {
  const status = childNamed(task, 'ac:task-status')
  return status !== undefined && textIn(status).trim() === 'complete'
}

function readTable(element: Element, scope: Scope): void {
  const rows: (readonly Cell[])[] = []
  collectRows(element, scope, rows)
  if (rows.length > 0) scope.addBlock({ kind: 'table', rows })
}

const ROW_GROUPS = new Set(['thead', 'tbody', 'tfoot'])

function collectRows(element: Element, scope: Scope, rows: (readonly Cell[])[]): void {
  for (const child of element.children) {
    if (isElement(child) && ROW_GROUPS.has(child.name)) collectRows(child, scope, rows)
    else if (isElement(child) && child.name === 'tr') {
      const cells = child.children.flatMap((node) => readCell(node, scope))
      if (cells.length > 0) rows.push(cells)
    } else scope.walkApart([child])
  }
}

function readCell(node: Node, scope: Scope): Cell[] {
  const isHeader = isElement(node) && node.name === 'th'
  if (isElement(node) && (isHeader || node.name === 'td')) {
    const columns = readNumber(node, 'colspan', 1, 1000)
    const rows = readNumber(node, 'rowspan', 1, 65_534)
    return [{ isHeader, columns, rows, blocks: scope.read(node.children) }]
  }
  const blocks: readonly Block[] = scope.read([node])
  return blocks.length === 0 ? [] : [{ isHeader, columns: 1, rows: 1, blocks }]
}

/** The limits of spans are HTML's: https://html.spec.whatwg.org/multipage/tables.html#attributes-common-to-td-and-th-elements */
function readNumber(element: Element, name: string, least: number, most: number): number {
  const value = attribute(element, name)?.trim() ?? ''
  return /^\d{1,9}$/.test(value) ? Math.min(Math.max(Number(value), least), most) : 1
}
