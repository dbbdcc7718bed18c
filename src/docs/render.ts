// A page's Markdown as HTML: headings can be linked to, links between pages lead to where the Worker serves them, and nothing in a page is HTML of its own.
import MarkdownIt, { type Token } from 'markdown-it'

export interface Heading {
  readonly id: string
  readonly text: string
}

export interface RenderedPage {
  readonly html: string
  /** Those of the second level: the page's contents. */
  readonly headings: readonly Heading[]
}

const markdown = new MarkdownIt({ html: false })
// What is wide scrolls by itself, also by keyboard: a drawing that is wrapped says nothing any more.
markdown.renderer.rules['fence'] = (tokens, index) =>
  `<pre tabindex="0"><code>${markdown.utils.escapeHtml(tokens[index]?.content ?? '')}</code></pre>\n`
markdown.renderer.rules['table_open'] = () =>
  '<div class="table" role="group" aria-label="Table" tabindex="0"><table>'
markdown.renderer.rules['table_close'] = () => '</table></div>'

/** @param text of one of the documentation's pages */
export function renderMarkdown(text: string): RenderedPage {
  const tokens = markdown.parse(text, {})
  const headings: Heading[] = []
  const taken = new Map<string, number>()
  tokens.forEach((token, index) => {
    if (token.children) token.children = leadLinks(token.children)
    const inner = tokens[index + 1]
    if (token.type !== 'heading_open' || inner === undefined) return
    const words = plainText(inner)
    const id = toAnchor(words, taken)
    token.attrSet('id', id)
    if (token.tag === 'h2') headings.push({ id, text: words })
  })
  return { html: markdown.renderer.render(tokens, markdown.options, {}), headings }
}

/** The same anchors as where the repository is shown: in lower case, hyphens for blanks, and nothing but letters, digits, `_` and `-`. */
function toAnchor(words: string, taken: Map<string, number>): string {
  const anchor = words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replace(/ /g, '-')
  const before = taken.get(anchor) ?? 0
  taken.set(anchor, before + 1)
  return before === 0 ? anchor : `${anchor}-${before}`
}

function plainText({ children }: Token): string {
  return (children ?? [])
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('')
}

/** Another page is beside this one; a file of the repository is not served, so that its name stands without a link. */
function leadLinks(tokens: readonly Token[]): Token[] {
  let isOutside = false
  return tokens.filter((token) => {
    if (token.type === 'link_open') {
      const href = String(token.attrGet('href'))
      isOutside = href.startsWith('../')
      const page = /^([a-z-]+)\.md(#.*)?$/.exec(href)
      if (page) token.attrSet('href', `/docs/${page[1]}${page[2] ?? ''}`)
      return !isOutside
    }
    return token.type !== 'link_close' || !isOutside
  })
}
