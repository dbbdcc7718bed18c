// Confluence's storage format as text, Markdown and HTML: each construct in all three, told by the vendor's own examples.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import { describe, expect, it } from 'vitest'
import type { LinkTarget } from '../../src/providers/confluence/storage-format/document.ts'
import { toHtml } from '../../src/providers/confluence/storage-format/html.ts'
import { toMarkdown } from '../../src/providers/confluence/storage-format/markdown.ts'
import { toText } from '../../src/providers/confluence/storage-format/text.ts'

const PAGE = `<h1>Plan&nbsp;2026 &ndash; &Uuml;bersicht</h1><p>See <ac:link><ri:page ri:content-title="Home" /><ac:plain-text-link-body><![CDATA[the <home> page]]></ac:plain-text-link-body></ac:link><ac:emoticon ac:name="tick" ac:emoji-fallback="✅" /></p>
<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Careful</p></ac:rich-text-body></ac:structured-macro>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">ts</ac:parameter><ac:plain-text-body><![CDATA[const a = b && c < d; // ]]]]><![CDATA[>]]></ac:plain-text-body></ac:structured-macro>
<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Done it</ac:task-body></ac:task></ac:task-list>
<table><tbody><tr><th><p>A</p></th><th><p>B</p></th></tr><tr><td colspan="2"><p><time datetime="2026-05-01" /></p></td></tr></tbody></table>`

describe('a page', () => {
  it('is text, a block on each line', () => {
    expect(toText(PAGE, { title: 'Home' })).toBe(
      'Home\nPlan 2026 – Übersicht\nSee the <home> page✅\nCareful\nconst a = b && c < d; // ]]>\n[x] Done it\nA\tB\n2026-05-01\n',
    )
  })

  it('is Markdown', () => {
    expect(toMarkdown(PAGE, { title: 'Home #' })).toBe(`# Home \\#

# Plan 2026 – Übersicht

See the \\<home> page✅

> **Info:** Careful

\`\`\`ts
const a = b && c < d; // ]]>
\`\`\`

- [x] Done it

| A | B |
| --- | --- |
| 2026-05-01 |  |
`)
  })

  it('is an HTML document', () => {
    const html = toHtml(PAGE, { title: '<Home>' })
    expect(html).toMatch(/^<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n/)
    expect(html).toContain('<title>&lt;Home&gt;</title>')
    expect(html).toContain('<h1>&lt;Home&gt;</h1>\n<h1>Plan\u00a02026 – Übersicht</h1>')
    expect(html).toContain('<p>See the &lt;home&gt; page✅</p>')
    expect(html).toContain('<td colspan="2">2026-05-01</td>')
  })

  it('may be empty', () => {
    expect(toText('', { title: '' })).toBe('')
    expect(toMarkdown('', { title: '' })).toBe('')
    expect(toMarkdown('<p> &nbsp; </p><p />', { title: 'Home' })).toBe('# Home\n')
    expect(toHtml('', { title: '' })).toMatch(/<body>\n<\/body>/)
  })
})

const macro = (name: string, inside: string) =>
  `<ac:structured-macro ac:name="${name}" ac:schema-version="1" ac:macro-id="f00">${inside}</ac:structured-macro>`
const parameter = (name: string, value: string) =>
  `<ac:parameter ac:name="${name}">${value}</ac:parameter>`
const rich = (inside: string) => `<ac:rich-text-body>${inside}</ac:rich-text-body>`
const plain = (text: string) => `<ac:plain-text-body><![CDATA[${text}]]></ac:plain-text-body>`
const link = (inside: string) => `<ac:link>${inside}</ac:link>`

/** Everything has an address but people. */
function links(target: LinkTarget): string | undefined {
  if (target.kind === 'user') return undefined
  const name = { ...target, kind: undefined, owner: undefined }
  return `https://x.example/${target.kind}/${Object.values(name).filter(Boolean).join('.')}`
}

const body = (html: string) => html.slice(html.indexOf('<body>') + 7, html.indexOf('</body>'))

type Row = readonly [
  construct: string,
  storage: string,
  text: string,
  markdown: string,
  html: string,
]

const LINES: readonly Row[] = [
  [
    'marks',
    '<h3>A <em>b</em></h3><p>one<br/>two <strong>bold </strong>x <del>s</del> <u>u</u> H<sub>2</sub>O x<sup>2</sup> <code>a`b</code></p><hr/>',
    'A b\none\ntwo bold x s u H2O x2 a`b',
    '### A _b_\n\none\\\ntwo **bold** x ~~s~~ <ins>u</ins> H<sub>2</sub>O x<sup>2</sup> ``a`b``\n\n___',
    '<h3>A <em>b</em></h3>\n<p>one<br>two <strong>bold</strong> x <s>s</s> <u>u</u> H<sub>2</sub>O x<sup>2</sup> <code>a`b</code></p>\n<hr>',
  ],
  [
    'marks that Markdown has no place for',
    '<p>re<em>write</em> <strong>(a)</strong>b <strong> a</strong><strong>b </strong></p>',
    'rewrite (a)b ab',
    're<em>write</em> <strong>(a)</strong>b **ab**',
    '<p>re<em>write</em> <strong>(a)</strong>b <strong>ab</strong></p>',
  ],
  [
    'entities',
    '<p>&lt;b&gt; &amp;amp; &hellip; &eacute;&#233;&#xE9; &CounterClockwiseContourIntegral; &nothing; &copy &#xD800;</p>',
    '<b> &amp; … ééé ∳ &nothing; &copy �',
    '\\<b> \\&amp; … ééé ∳ \\&nothing; &copy �',
    '<p>&lt;b&gt; &amp;amp; … ééé ∳ &amp;nothing; &amp;copy �</p>',
  ],
  [
    'page links',
    `<p>${link('<ri:page ri:content-title="A &amp; B" ri:space-key="S" />')} ${link('<ri:page ri:content-title="C"/><ac:link-body>d <strong>e</strong></ac:link-body>')} <ac:link ac:anchor="top" /> <ac:link ac:anchor="f"><ri:content-entity ri:content-id="5"/><ac:plain-text-link-body><![CDATA[g]]></ac:plain-text-link-body></ac:link></p>`,
    'A & B d e top g',
    '[A & B](https://x.example/page/A%20&%20B.S) [d **e**](https://x.example/page/C) [top](https://x.example/page/top) [g](https://x.example/content/5.f)',
    '<p><a href="https://x.example/page/A%20&amp;%20B.S" rel="noreferrer">A &amp; B</a> <a href="https://x.example/page/C" rel="noreferrer">d <strong>e</strong></a> <a href="https://x.example/page/top" rel="noreferrer">top</a> <a href="https://x.example/content/5.f" rel="noreferrer">g</a></p>',
  ],
  [
    'other links',
    `<p>${link('<ri:user ri:account-id="7" />')} ${link('<ri:space ri:space-key="S" />')} ${link('<ri:attachment ri:filename="f(1).txt"><ri:page ri:content-title="O"/></ri:attachment>')} ${link('<ri:blog-post ri:content-title="B" ri:posting-day="2026/01/02" />')} ${link('<ri:url ri:value="https://e.example/" />')} ${link('<ri:shortcut ri:key="jira" ri:parameter="ABC-1" />')}</p>`,
    '@user S f(1).txt B https://e.example/ ABC-1',
    '@user [S](https://x.example/space/S) [f(1).txt](https://x.example/attachment/f%281%29.txt) [B](https://x.example/blog-post/B.2026/01/02) <https://e.example/> ABC-1',
    '<p>@user <a href="https://x.example/space/S" rel="noreferrer">S</a> <a href="https://x.example/attachment/f(1).txt" rel="noreferrer">f(1).txt</a> <a href="https://x.example/blog-post/B.2026/01/02" rel="noreferrer">B</a> <a href="https://e.example/" rel="noreferrer">https://e.example/</a> ABC-1</p>',
  ],
  [
    'anchors and smart links',
    '<p><a href="https://e.example/a_b" data-card-appearance="inline">https://e.example/a_b</a> <a href="/wiki/x">r</a> <a href="#y">y</a> wow!<a href="mailto:a@b.example">m</a></p>',
    'https://e.example/a_b r y wow!m',
    '<https://e.example/a_b> [r](https://x.example/path//wiki/x) [y](https://x.example/page/y) wow\\![m](mailto:a@b.example)',
    '<p><a href="https://e.example/a_b" rel="noreferrer">https://e.example/a_b</a> <a href="https://x.example/path//wiki/x" rel="noreferrer">r</a> <a href="https://x.example/page/y" rel="noreferrer">y</a> wow!<a href="mailto:a@b.example" rel="noreferrer">m</a></p>',
  ],
  [
    'images',
    '<p><ac:image ac:height="250" ac:alt="An [alt]"><ri:attachment ri:filename="x y.png" /></ac:image> <ac:image><ri:url ri:value="https://e.example/i.png"/><ac:caption><p>Cap</p></ac:caption></ac:image><ac:image><ri:url ri:value="data:image/png,x"/></ac:image></p>',
    'An [alt]\nCap\n[image: image]',
    '![An \\[alt\\]](https://x.example/attachment/x%20y.png) ![https://e.example/i.png](https://e.example/i.png)\\\nCap\\\nimage',
    '<p><img src="https://x.example/attachment/x%20y.png" alt="An [alt]"> <a href="https://e.example/i.png" rel="noreferrer">https://e.example/i.png</a><br>Cap<br>[image: image]</p>',
  ],
  [
    'images of other hosts',
    '<p><ac:image ac:alt="A\nb"><ri:url ri:value="https://e.example/i.png"/></ac:image> <a href="https://f.example/"><ac:image ac:alt="c"><ri:url ri:value="http://x.example/i.png"/></ac:image></a> <ac:image ac:alt="d"><ri:url ri:value="https://x.example/i.png"/></ac:image></p>',
    'A b c d',
    '![A b](https://e.example/i.png) [![c](http://x.example/i.png)](https://f.example/) ![d](https://x.example/i.png)',
    '<p><a href="https://e.example/i.png" rel="noreferrer">A b</a> <a href="https://f.example/" rel="noreferrer">c</a> <img src="https://x.example/i.png" alt="d"></p>',
  ],
  [
    'what stands in a line',
    `<p><ac:emoticon ac:name="smile" ac:emoji-shortname=":slight_smile:" ac:emoji-id="1f642" ac:emoji-fallback="🙂" /><ac:emoticon ac:name="tick" /><ac:placeholder>hint</ac:placeholder> <ac:inline-comment-marker ac:ref="u">com</ac:inline-comment-marker>ment <time datetime="2026-05-01" /> ${macro('status', parameter('colour', 'Green') + parameter('title', 'DONE'))} ${macro('jira', parameter('server', 'S') + parameter('key', 'ABC-1'))}</p>`,
    '🙂tick comment 2026-05-01 DONE ABC-1',
    '🙂tick comment 2026-05-01 DONE ABC-1',
    '<p>🙂tick comment 2026-05-01 DONE ABC-1</p>',
  ],
]

const BLOCKS: readonly Row[] = [
  [
    'lists',
    '<ul><li>a<ol start="3"><li><p>b</p></li></ol></li><li>c</li></ul><ul><li>d</li></ul>',
    '- a\n  3. b\n- c\n- d',
    '- a\n\n  3. b\n\n- c\n\n* d',
    '<ul>\n<li>a\n<ol start="3">\n<li>b</li>\n</ol>\n</li>\n<li>c</li>\n</ul>\n<ul>\n<li>d</li>\n</ul>',
  ],
  [
    'lists with blocks in them',
    `<ol><li><p>a</p><p>b</p>${macro('code', plain('x\n\n  y'))}<table><tr><th>c</th></tr></table></li><li>d<ul><li>e</li></ul></li></ol>`,
    '1. a\n  b\n  x\n  \n    y\n  c\n2. d\n  - e',
    '1. a\n\n   b\n\n   ```\n   x\n\n     y\n   ```\n\n   | c |\n   | --- |\n\n2. d\n\n   - e',
    '<ol>\n<li><p>a</p>\n<p>b</p>\n<pre><code>x\n\n  y</code></pre>\n<table>\n<tr>\n<th>c</th>\n</tr>\n</table>\n</li>\n<li>d\n<ul>\n<li>e</li>\n</ul>\n</li>\n</ol>',
  ],
  [
    'quotes and preformatted text',
    '<blockquote><p>q</p><ul><li>r</li></ul></blockquote><pre>a\n  b<br/>c</pre>',
    'q\n- r\na\n  b\nc',
    '> q\n>\n> - r\n\n```\na\n  b\nc\n```',
    '<blockquote>\n<p>q</p>\n<ul>\n<li>r</li>\n</ul>\n</blockquote>\n<pre><code>a\n  b\nc</code></pre>',
  ],
  [
    'a table',
    `<table class="wrapped"><colgroup><col/><col/></colgroup><tbody><tr><th>A</th><th>B | C</th></tr><tr><td rowspan="2">x</td><td><p>p</p><p>q</p><ul><li>i</li><li>j</li></ul></td></tr><tr><td>${macro('code', plain('a|b\nc'))}<table><tr><td>m</td><td>n</td></tr><tr><td>o</td></tr></table></td></tr></tbody></table>`,
    'A\tB | C\nx\tp q - i - j\n\ta|b c m n o',
    '| A | B \\| C |\n| --- | --- |\n| x | p<br>q<br>- i<br>- j |\n|  | `a\\|b`<br>`c`<br>m / n<br>o |',
    '<table>\n<tr>\n<th>A</th>\n<th>B | C</th>\n</tr>\n<tr>\n<td rowspan="2">x</td>\n<td><p>p</p>\n<p>q</p>\n<ul>\n<li>i</li>\n<li>j</li>\n</ul>\n</td>\n</tr>\n<tr>\n<td><pre><code>a|b\nc</code></pre>\n<table>\n<tr>\n<td>m</td>\n<td>n</td>\n</tr>\n<tr>\n<td>o</td>\n</tr>\n</table>\n</td>\n</tr>\n</table>',
  ],
  [
    'a table without a head',
    '<table><tr><td colspan="2">a</td><td>b</td></tr><tr><th>r</th><td>1</td></tr></table>',
    'a\t\tb\nr\t1',
    '|  |  |  |\n| --- | --- | --- |\n| a |  | b |\n| r | 1 |  |',
    '<table>\n<tr>\n<td colspan="2">a</td>\n<td>b</td>\n</tr>\n<tr>\n<th>r</th>\n<td>1</td>\n</tr>\n</table>',
  ],
  [
    'code',
    macro(
      'code',
      parameter('language', 'C#') + parameter('title', 'My *x*') + plain('```\n&amp; '),
    ) + macro('noformat', plain('<b>')),
    'My *x*\n```\n&amp; \n<b>',
    '**My \\*x\\***\n\n````c#\n```\n&amp; \n````\n\n```\n<b>\n```',
    '<figure>\n<figcaption>My *x*</figcaption>\n<pre><code class="language-c#">```\n&amp;amp; </code></pre>\n</figure>\n<pre><code>&lt;b&gt;</code></pre>',
  ],
  [
    'panels',
    macro('note', rich('<p>a</p><p>b</p>')) +
      macro('warning', parameter('title', 'T') + rich('<ul><li>c</li></ul>')) +
      macro('panel', rich('d')),
    'a\nb\nT\n- c\nd',
    '> **Note:** a\n>\n> b\n\n> **Warning: T**\n>\n> - c\n\n> d',
    '<aside aria-label="Note">\n<p>a</p>\n<p>b</p>\n</aside>\n<aside aria-label="Warning">\n<p><strong>T</strong></p>\n<ul>\n<li>c</li>\n</ul>\n</aside>\n<aside>\n<p>d</p>\n</aside>',
  ],
  [
    'expand, excerpt and what is not known',
    macro('expand', parameter('title', 'Open') + rich('<p>a</p>')) +
      macro('excerpt', parameter('hidden', 'true') + rich('<p>b</p>')) +
      macro('acme-box', parameter('x', 'y') + rich('<p>c</p>')),
    'Open\na\nb\nc',
    '**Open**\n\na\n\nb\n\nc',
    '<details>\n<summary>Open</summary>\n<p>a</p>\n</details>\n<p>b</p>\n<p>c</p>',
  ],
  [
    'macros without a body',
    macro('toc', parameter('maxLevel', '2')) +
      macro('anchor', parameter('', 'top')) +
      macro('include', parameter('', link('<ri:page ri:content-title="I"/>'))) +
      macro('view-file', parameter('name', '<ri:attachment ri:filename="a.pdf" />')),
    'a.pdf',
    '[a.pdf](https://x.example/attachment/a.pdf)',
    '<p><a href="https://x.example/attachment/a.pdf" rel="noreferrer">a.pdf</a></p>',
  ],
  [
    'tasks below tasks',
    '<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-uuid>u</ac:task-uuid><ac:task-status>incomplete</ac:task-status><ac:task-body><span class="placeholder-inline-tasks">Buy</span></ac:task-body></ac:task><ac:task-list><ac:task><ac:task-id>2</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Pay</ac:task-body></ac:task></ac:task-list></ac:task-list>',
    '[ ] Buy\n  [x] Pay',
    '- [ ] Buy\n  - [x] Pay',
    '<ul>\n<li><input type="checkbox" disabled> Buy\n<ul>\n<li><input type="checkbox" disabled checked> Pay</li>\n</ul>\n</li>\n</ul>',
  ],
  [
    'layouts',
    '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>l</p></ac:layout-cell><ac:layout-cell>r</ac:layout-cell></ac:layout-section></ac:layout>',
    'l\nr',
    'l\n\nr',
    '<p>l</p>\n<p>r</p>',
  ],
  [
    'islands of the editor',
    '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute><ac:adf-content><p>a</p></ac:adf-content></ac:adf-node><ac:adf-fallback><p>b</p></ac:adf-fallback></ac:adf-extension><ac:adf-extension><ac:adf-node type="other"><ac:adf-attribute key="k">v</ac:adf-attribute></ac:adf-node><ac:adf-fallback><p>c</p></ac:adf-fallback></ac:adf-extension>',
    'a\nc',
    '> **Note:** a\n\nc',
    '<aside aria-label="Note">\n<p>a</p>\n</aside>\n<p>c</p>',
  ],
  [
    'old macros',
    '<ac:macro ac:name="code"><ac:default-parameter>js</ac:default-parameter><ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:macro>',
    'x',
    '```js\nx\n```',
    '<pre><code class="language-js">x</code></pre>',
  ],
]

describe.each([
  ['in a line', LINES],
  ['on lines of their own', BLOCKS],
])('constructs %s', (_, rows) => {
  it.each(rows)('%s', (_, storage, text, markdown, html) => {
    const options = { title: '', links, site: 'https://x.example' }
    expect(toText(storage, options)).toBe(`${text}\n`)
    expect(toMarkdown(storage, options)).toBe(`${markdown}\n`)
    expect(body(toHtml(storage, options))).toBe(`${html}\n`)
  })
})
