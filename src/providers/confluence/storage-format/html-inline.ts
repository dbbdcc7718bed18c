// Writes what stands in a line as HTML: text escaped, marks as elements without attributes, links and images by safe addresses.
import type { Emphasis, Image, Inline, Mark } from './document.ts'
import { replaceInParts } from './replace-in-parts.ts'
import { isLink } from './scope.ts'
import { BREAKING_SPACE, walkInlines } from './walk-inlines.ts'

const TAGS: Readonly<Record<Emphasis, string>> = {
  strong: 'strong',
  emphasis: 'em',
  strike: 's',
  underline: 'u',
  sub: 'sub',
  sup: 'sup',
}

export function renderInlineHtml(inlines: readonly Inline[]): string {
  const pieces: string[] = []
  walkInlines(inlines, BREAKING_SPACE, {
    open: (mark) => pieces.push(startTag(mark)),
    close: (mark) => pieces.push(`</${isLink(mark) ? 'a' : TAGS[mark]}>`),
    text: (text) => pieces.push(escapeHtml(text)),
    code: (text) => pieces.push(`<code>${escapeHtml(text)}</code>`),
    image: (image) => pieces.push(renderImage(image)),
    lineBreak: () => pieces.push('<br>'),
  })
  return pieces.join('')
}

/** A page that is left this way is not told where from, and gets no hold of it: https://html.spec.whatwg.org/#link-type-noreferrer */
function startTag(mark: Mark): string {
  if (!isLink(mark)) return `<${TAGS[mark]}>`
  return `<a href="${escapeHtml(mark.url)}" rel="noreferrer">`
}

/** An image of another host would tell that host who opens the file, and when: it is a link. */
function renderImage({ alt, name, isOwn, url, marks }: Image): string {
  if (url === undefined) return escapeHtml(alt || `[image: ${name}]`)
  const words = escapeHtml(alt || name)
  if (isOwn) return `<img src="${escapeHtml(url)}" alt="${words}">`
  return marks.some(isLink) ? words : `${startTag({ url })}${words}</a>`
}

export function escapeHtml(text: string): string {
  return replaceInParts(text, /[&<>"']/g, (char) => REFERENCES[char] ?? char)
}

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
