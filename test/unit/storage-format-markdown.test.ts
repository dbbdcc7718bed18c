// What Confluence's text becomes in Markdown is read back by a parser of CommonMark and GFM as exactly that text and those marks.
import MarkdownIt from 'markdown-it'
import { describe, expect, it } from 'vitest'
import { toHtml } from '../../src/providers/confluence/storage-format/html.ts'
import { toMarkdown } from '../../src/providers/confluence/storage-format/markdown.ts'
import { createRandom } from './random.ts'

const parser = new MarkdownIt({ html: true })
const options = { title: '' }

const PIECES = [
  ...'\\`*_[]<>&~!#-+=|:.()1 a  b"\'/?@{}$^,;%é€„“。「😀',
  ...['http://', '&amp;', '1. ', '2) ', '- ', '# ', '--', '<b>', '</b>', '<!--', '__', '**', '~~'],
  ...['```', '[x]', '](', '![', '\\\\', 'a_b', ' | ', '===', '|-|'],
]
const MARKS = ['strong', 'em', 's', 'u', 'sub', 'code', 'strong', 'em', 'a']

function createWriter(seed: number) {
  const { below, pick } = createRandom(seed)
  const text = () => Array.from({ length: 1 + below(12) }, () => pick(PIECES)).join('')
  const inline = (depth: number): string => {
    const pieces = Array.from({ length: 1 + below(4) }, () => {
      if (below(3) === 0 || depth > 3) return escape(text())
      if (below(8) === 0) return '<br/>'
      const mark = pick(MARKS)
      const href = mark === 'a' ? ' href="https://x.example/a(b)?c&amp;d|e"' : ''
      return `<${mark}${href}>${inline(depth + 1)}</${mark}>`
    })
    return pieces.join('')
  }
  return { text, inline: () => inline(0) }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Two documents that say the same are the same: names of tags, ways to write a character, space between tags. */
function normalise(html: string): string {
  return html
    .replace(/<(\/?)ins>/g, '<$1u>')
    .replace(/<(\/?)(?:del|strike)>/g, '<$1s>')
    .replace(/<\/?(?:thead|tbody)>/g, '')
    .replaceAll(' rel="noreferrer"', '')
    .replaceAll('&#39;', "'")
    .replaceAll('</code><code>', '')
    .replace(/href="[^"]*"/g, (href) => href.replaceAll('%28', '(').replaceAll('%29', ')'))
    .replace(/\s+/g, ' ')
    .replace(/ ?(<\/?(?:p|h\d|ul|ol|li|br|blockquote|aside|table|tr|th|td)>) ?/g, '$1')
    .trim()
}

function readBack(storage: string): string {
  return normalise(parser.render(toMarkdown(storage, options)))
}

function meant(storage: string): string {
  const html = toHtml(storage, options)
  return normalise(html.slice(html.indexOf('<body>') + 6, html.indexOf('</body>')))
}

const FRAMES: readonly (readonly [string, (inside: string) => string])[] = [
  ['paragraphs', (inside) => `<p>${inside}</p><p>x</p>`],
  ['headings', (inside) => `<h2>${inside.replaceAll('<br/>', '')}</h2>`],
  ['items', (inside) => `<ul><li>${inside}</li><li><p>x</p></li></ul>`],
  ['numbers', (inside) => `<ol start="7"><li>x<ul><li>${inside}</li></ul></li></ol>`],
  ['quotes', (inside) => `<blockquote><p>${inside}</p></blockquote>`],
  [
    'cells',
    (inside) => `<table><tr><th>x</th><th>y</th></tr><tr><td>${inside}</td><td>z</td></tr></table>`,
  ],
]

describe.each(FRAMES)('in %s', (_, frame) => {
  it('text is itself', () => {
    const { text } = createWriter(1)
    for (let count = 0; count < 1000; count++) {
      const storage = frame(escape(text()).trim() || 'a')
      expect(readBack(storage), storage).toBe(meant(storage))
    }
  })

  it('marks are themselves', () => {
    const { inline } = createWriter(2)
    for (let count = 0; count < 1000; count++) {
      const storage = frame(inline() + 'a')
      expect(readBack(storage), storage).toBe(meant(storage))
    }
  })
})

it('code is itself', () => {
  const { text } = createWriter(3)
  for (let count = 0; count < 1000; count++) {
    const code = [text(), text(), text()].join('\n').replaceAll(']]>', '')
    const storage = `<ul><li><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[${code}]]></ac:plain-text-body></ac:structured-macro></li></ul>`
    const fence = parser
      .parse(toMarkdown(storage, options), {})
      .find(({ type }) => type === 'fence')
    expect(fence?.content, code).toBe(`${code}\n`)
  }
})

it('leaves prose as it is', () => {
  const prose =
    'Half-done - or 2 * 3 = 6; snake_case_name, ~5 min, C:\\temp, R&D, a < b > c, 100% (see #12), e.g. a|b: 1.5 + 1! https://a.example/b_c'
  expect(toMarkdown(`<p>${escape(prose)}</p>`, options)).toBe(`${prose}\n`)
})
