// Writes what stands in a line as HTML: text escaped, marks as elements without attributes, links and images by safe addresses.
import type { Emphasis, Image, Inline, Mark } from './document.ts'
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

function renderImage({ alt, name, url }: Image): string {
  if (url === undefined) return escapeHtml(alt || `[image: ${name}]`)
  return `<img src="${escapeHtml(url)}" alt="${escapeHtml(alt || name)}">`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => REFERENCES[char] ?? char)
}

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
