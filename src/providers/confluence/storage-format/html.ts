// Renders a page as an HTML document that can be opened from anywhere: no scripts, no handlers, no images but of its site, no addresses but of the web and mail.
// It is whole, not a fragment: it is downloaded as a file, which has no other place for its title and its encoding.
import type { Block, Cell, CodeBlock, List, ListItem, Options, Panel, Table } from './document.ts'
import { escapeHtml, renderInlineHtml } from './html-inline.ts'
import { Output } from './output.ts'
import { PageBudget } from './page-budget.ts'
import { readDocument } from './read-document.ts'

/** Second to there being nothing to run and no image of a stranger's: https://www.w3.org/TR/CSP3/ */
const policyFor = ({ site = "'none'" }: Options) => `default-src 'none'; img-src ${site}`

export function toHtml(storage: string, options: Options): string {
  const title = escapeHtml(options.title)
  const budget = new PageBudget(storage)
  const pieces = new Output(budget)
  pieces.push('<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n')
  pieces.push(`<meta http-equiv="Content-Security-Policy" content="${policyFor(options)}">\n`)
  pieces.push(`<title>${title}</title>\n</head>\n<body>\n`)
  if (title !== '') pieces.push(`<h1>${title}</h1>\n`)
  readDocument(storage, options, budget, (block) => addBlock(pieces, block))
  pieces.push('</body>\n</html>\n')
  return pieces.finish()
}

function addBlocks(pieces: Output, blocks: readonly Block[]): void {
  for (const block of blocks) addBlock(pieces, block)
}

function addBlock(pieces: Output, block: Block): void {
  switch (block.kind) {
    case 'heading':
      return addElement(pieces, `h${block.level}`, renderInlineHtml(block.inlines))
    case 'paragraph':
      return addElement(pieces, 'p', renderInlineHtml(block.inlines))
    case 'rule':
      return pieces.push('<hr>\n')
    case 'code':
      return addCode(pieces, block)
    case 'quote':
      return addContainer(pieces, 'blockquote', block.blocks)
    case 'panel':
      return addPanel(pieces, block)
    case 'expand':
      return addExpand(pieces, block.title, block.blocks)
    case 'list':
      return addList(pieces, block)
    case 'table':
      return addTable(pieces, block)
  }
}

/** `content` is HTML. */
function addElement(pieces: Output, name: string, content: string): void {
  pieces.push(`<${name}>${content}</${name}>\n`)
}

function addContainer(pieces: Output, name: string, blocks: readonly Block[]): void {
  pieces.push(`<${name}>\n`)
  addBlocks(pieces, blocks)
  pieces.push(`</${name}>\n`)
}

function addCode(pieces: Output, { language, title, code }: CodeBlock): void {
  const name = language === '' ? '' : ` class="language-${escapeHtml(language)}"`
  const pre = `<pre><code${name}>${escapeHtml(code)}</code></pre>`
  if (title === '') return pieces.push(`${pre}\n`)
  pieces.push(`<figure>\n<figcaption>${escapeHtml(title)}</figcaption>\n${pre}\n</figure>\n`)
}

function addPanel(pieces: Output, { label, title, blocks }: Panel): void {
  pieces.push(label === '' ? '<aside>\n' : `<aside aria-label="${escapeHtml(label)}">\n`)
  if (title !== '') addElement(pieces, 'p', `<strong>${escapeHtml(title)}</strong>`)
  addBlocks(pieces, blocks)
  pieces.push('</aside>\n')
}

function addExpand(pieces: Output, title: string, blocks: readonly Block[]): void {
  pieces.push('<details>\n')
  if (title !== '') addElement(pieces, 'summary', escapeHtml(title))
  addBlocks(pieces, blocks)
  pieces.push('</details>\n')
}

function addList(pieces: Output, { start, items }: List): void {
  const name = start === undefined ? 'ul' : 'ol'
  pieces.push(start === undefined || start === 1 ? `<${name}>\n` : `<ol start="${start}">\n`)
  for (const item of items) addItem(pieces, item)
  pieces.push(`</${name}>\n`)
}

function addItem(pieces: Output, { isDone, blocks }: ListItem): void {
  pieces.push('<li>')
  if (isDone !== undefined)
    pieces.push(`<input type="checkbox" disabled${isDone ? ' checked' : ''}> `)
  addLoosely(pieces, blocks)
  pieces.push('</li>\n')
}

function addTable(pieces: Output, { rows }: Table): void {
  pieces.push('<table>\n')
  for (const row of rows) {
    pieces.push('<tr>\n')
    for (const cell of row) addCell(pieces, cell)
    pieces.push('</tr>\n')
  }
  pieces.push('</table>\n')
}

function addCell(pieces: Output, { isHeader, columns, rows, blocks }: Cell): void {
  const name = isHeader ? 'th' : 'td'
  const across = columns === 1 ? '' : ` colspan="${columns}"`
  const down = rows === 1 ? '' : ` rowspan="${rows}"`
  pieces.push(`<${name}${across}${down}>`)
  addLoosely(pieces, blocks)
  pieces.push(`</${name}>\n`)
}

/** The first paragraph of an item or a cell is a line of it: it needs no element of its own. */
function addLoosely(pieces: Output, blocks: readonly Block[]): void {
  const [first, ...rest] = blocks
  if (first?.kind !== 'paragraph' || rest[0]?.kind === 'paragraph') return addBlocks(pieces, blocks)
  pieces.push(renderInlineHtml(first.inlines))
  if (rest.length > 0) pieces.push('\n')
  addBlocks(pieces, rest)
}
