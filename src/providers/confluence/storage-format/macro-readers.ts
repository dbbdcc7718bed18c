// Reads macros, old and new, and the islands of the editor's own format; parameters are never text, bodies always are.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import { showReference } from './inline-readers.ts'
import { collapseSpace } from './replace-in-parts.ts'
import type { ElementReader, Scope } from './scope.ts'
import { findReference } from './targets.ts'
import { attribute, childElements, childNamed, textIn, type Element } from './tree.ts'

const PANELS: ReadonlyMap<string, string> = new Map([
  ['info', 'Info'],
  ['note', 'Note'],
  ['tip', 'Tip'],
  ['warning', 'Warning'],
  ['success', 'Success'],
  ['error', 'Error'],
  ['panel', ''],
])

/** Languages that are none. */
const NO_LANGUAGE = new Set(['none', 'text', 'plain', 'plaintext'])

const body: ElementReader = (element, scope) => scope.walk(element.children)

const MACROS: ReadonlyMap<string, ElementReader> = new Map<string, ElementReader>([
  ...[...PANELS.keys()].map((name): [string, ElementReader] => [name, readPanel]),
  ['code', (macro, scope) => readCode(macro, scope, mainParameter(macro, 'language'))],
  ['noformat', (macro, scope) => readCode(macro, scope, '')],
  ['html', (macro, scope) => readCode(macro, scope, 'html')],
  ['markdown', (macro, scope) => readCode(macro, scope, 'markdown')],
  ['expand', readExpand],
  ['ui-expand', readExpand],
  ['status', (macro, scope) => readWords(macro, scope, 'title')],
  ['jira', (macro, scope) => readWords(macro, scope, 'key')],
  ...['view-file', 'viewpdf', 'viewdoc', 'viewxls', 'viewppt'].map(
    (name): [string, ElementReader] => [name, readFile],
  ),
])

export const MACRO_READERS: readonly (readonly [string, ElementReader])[] = [
  ['ac:structured-macro', readMacro],
  ['ac:macro', readMacro],
  ['ac:plain-text-body', (element, scope) => addCode(scope, '', '', element)],
  ['ac:adf-extension', readIsland],
]

function readMacro(macro: Element, scope: Scope): void {
  const read = MACROS.get(macroName(macro)) ?? body
  read(macro, scope)
}

function macroName(macro: Element): string {
  return attribute(macro, 'ac:name')?.toLowerCase() ?? ''
}

function parameter(macro: Element, name: string): string {
  const found = childElements(macro).find(
    (child) => child.name === 'ac:parameter' && attribute(child, 'ac:name') === name,
  )
  return found === undefined ? '' : lineOf(found)
}

/** The parameter that may stand there without its name: `ac:name=""`, or an element of its own in old macros. */
function mainParameter(macro: Element, name: string): string {
  const named = parameter(macro, name) || parameter(macro, '')
  const unnamed = childNamed(macro, 'ac:default-parameter')
  return named || (unnamed === undefined ? '' : lineOf(unnamed))
}

/** A macro that shows one of its parameters. */
function readWords(macro: Element, scope: Scope, name: string): void {
  scope.addText(mainParameter(macro, name))
  scope.walk(macro.children)
}

function lineOf(element: Element): string {
  return collapseSpace(textIn(element), /\s+/g).trim()
}

function readCode(macro: Element, scope: Scope, language: string): void {
  const plain = childNamed(macro, 'ac:plain-text-body')
  // Nothing but the body belongs there; what stands there all the same is not lost.
  scope.walk(macro.children.filter((child) => child !== plain))
  if (plain !== undefined) addCode(scope, language, parameter(macro, 'title'), plain)
}

function addCode(scope: Scope, name: string, title: string, text: Element): void {
  const language = name.toLowerCase().replace(/[^\w+#.-]/g, '')
  const code = textIn(text)
  scope.addCode({ language: NO_LANGUAGE.has(language) ? '' : language, title, code })
}

function readPanel(macro: Element, scope: Scope): void {
  const label = PANELS.get(macroName(macro)) ?? ''
  addPanel(scope, label, mainParameter(macro, 'title'), macro)
}

function addPanel(scope: Scope, label: string, title: string, inside: Element): void {
  if (!scope.canNest) {
    scope.walkApart(title === '' ? [] : [title])
    return scope.walkApart(inside.children)
  }
  const blocks = scope.readNested(inside.children)
  if (blocks.length > 0 || title !== '') scope.addBlock({ kind: 'panel', label, title, blocks })
}

function readExpand(macro: Element, scope: Scope): void {
  const title = mainParameter(macro, 'title')
  const blocks = scope.read(macro.children)
  if (blocks.length > 0 || title !== '') scope.addBlock({ kind: 'expand', title, blocks })
}

function readFile(macro: Element, scope: Scope): void {
  const named = childElements(macro).map((child) => findReference(child))
  const reference = named.find((found) => found !== undefined) ?? findReference(macro)
  if (reference !== undefined) showReference(scope, reference)
  scope.walk(macro.children)
}

/** An island holds the same thing twice: in the editor's format, and for those that do not know it. One of them is read. */
function readIsland(island: Element, scope: Scope): void {
  const node = childNamed(island, 'ac:adf-node')
  const isShown = scope.shows(() => node !== undefined && readAdfNode(node, scope))
  const fallback = childNamed(island, 'ac:adf-fallback')
  if (!isShown && fallback !== undefined) scope.walkApart(fallback.children)
}

function readAdfNode(node: Element, scope: Scope): void {
  if (attribute(node, 'type') !== 'panel') return scope.walkApart(node.children)
  const type = childElements(node).find(
    (child) => child.name === 'ac:adf-attribute' && attribute(child, 'key') === 'panel-type',
  )
  const label = PANELS.get(type === undefined ? '' : textIn(type).trim()) ?? ''
  addPanel(scope, label, '', node)
}
