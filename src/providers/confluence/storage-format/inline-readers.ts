// Reads what stands in a line: marks, links, images, emoticons, dates.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import type { Emphasis, Inline, Block } from './document.ts'
import { collapseSpace } from './replace-in-parts.ts'
import { safeUrl } from './safe-url.ts'
import type { ElementReader, Scope } from './scope.ts'
import { findReference, pageTarget, type Reference } from './targets.ts'
import { attribute, childNamed, isElement, type Element } from './tree.ts'

const MARKS: Readonly<Record<string, Emphasis>> = {
  strong: 'strong',
  b: 'strong',
  em: 'emphasis',
  i: 'emphasis',
  s: 'strike',
  del: 'strike',
  strike: 'strike',
  u: 'underline',
  ins: 'underline',
  sub: 'sub',
  sup: 'sup',
}

const CODE = ['code', 'tt', 'kbd', 'samp']

const markReaders = Object.entries(MARKS).map(([name, mark]): [string, ElementReader] => [
  name,
  (element, scope) => scope.marked(mark).walk(element.children),
])

const codeReaders = CODE.map((name): [string, ElementReader] => [
  name,
  (element, scope) => scope.asCode().walk(element.children),
])

export const INLINE_READERS: readonly (readonly [string, ElementReader])[] = [
  ...markReaders,
  ...codeReaders,
  ['br', (_, scope) => scope.addBreak()],
  ['a', readAnchor],
  ['time', readTime],
  ['ac:link', readLink],
  ['ac:image', readImage],
  ['ac:emoticon', readEmoticon],
]

function readAnchor(element: Element, scope: Scope): void {
  const href = attribute(element, 'href')?.trim() ?? ''
  const url = safeUrl(href) ?? (isPath(href) ? resolve(scope, pathReference(href)) : undefined)
  linked(scope, url).walk(element.children)
}

/** On the site or the page itself, not `//host` and not `javascript:`. */
function isPath(href: string): boolean {
  return /^(?:\/(?![/\\])|[#?])/.test(href)
}

function pathReference(href: string): Reference {
  if (!href.startsWith('#')) return { target: { kind: 'path', path: href }, fallback: '' }
  return { target: pageTarget(undefined, href.slice(1)), fallback: '' }
}

function readLink(element: Element, scope: Scope): void {
  const anchor = attribute(element, 'ac:anchor')
  const reference = findReference(element) ?? {
    target: pageTarget(undefined, anchor),
    fallback: anchor ?? scope.options.title,
  }
  showReference(scope, reference, element)
}

/** The words that the page has for a link, or else those of its target. */
export function showReference(scope: Scope, reference: Reference, body?: Element): void {
  const inside = linked(scope, resolve(scope, reference))
  const hasWords = inside.shows(() => inside.walk(body?.children ?? []))
  if (!hasWords) inside.addText(reference.fallback)
}

function linked(scope: Scope, url: string | undefined): Scope {
  return url === undefined ? scope : scope.marked({ url })
}

function resolve(scope: Scope, { target }: Reference): string | undefined {
  if (target === undefined) return undefined
  const url = target.kind === 'url' ? target.url : scope.options.links?.(target)
  return url === undefined ? undefined : safeUrl(url)
}

function readImage(element: Element, scope: Scope): void {
  const reference = findReference(element)
  const caption = readCaption(element, scope)
  const alt = collapseSpace(attribute(element, 'ac:alt') ?? '', /\s+/g).trim()
  const url = reference === undefined ? undefined : resolve(scope, reference)
  const isFile = reference?.target?.kind === 'attachment'
  // An address that is not taken is no name either: it may be the whole image (`data:`).
  const name = isFile ? reference.fallback : (url ?? 'image')
  const isOwn = url !== undefined && new URL(url).origin === scope.options.site
  scope.addImage({ alt, name, isFile, isOwn, url, hasCaption: caption.length > 0 })
  scope.walk(element.children.filter((child) => !isElement(child) || child.name !== 'ac:caption'))
  if (caption.length === 0) return
  scope.addBreak()
  scope.addInlines(caption)
  scope.addBreak()
}

function readCaption(element: Element, scope: Scope): readonly Inline[] {
  const caption = childNamed(element, 'ac:caption')
  return caption === undefined ? [] : inlinesOf(scope.read(caption.children))
}

/** The text of blocks that can be no more than text where they are. */
export function inlinesOf(blocks: readonly Block[]): readonly Inline[] {
  return blocks.flatMap((block, index): readonly Inline[] => {
    if (block.kind !== 'paragraph') return []
    return index === 0 ? block.inlines : [{ kind: 'break' }, ...block.inlines]
  })
}

function readEmoticon(element: Element, scope: Scope): void {
  const names = ['ac:emoji-fallback', 'ac:emoji-shortname', 'ac:name']
  const found = names.map((name) => attribute(element, name)?.trim()).find((value) => value)
  scope.addText(found ?? '')
  scope.walk(element.children)
}

function readTime(element: Element, scope: Scope): void {
  const hasText = scope.shows(() => scope.walk(element.children))
  if (!hasText) scope.addText(attribute(element, 'datetime') ?? '')
}
