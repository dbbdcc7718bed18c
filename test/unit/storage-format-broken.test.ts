// Pages that are broken or hostile: nothing throws, no text is lost, the HTML stays safe, and time grows as the page does.
import { describe, expect, it } from 'vitest'
import { toHtml } from '../../src/providers/confluence/storage-format/html.ts'
import { toMarkdown } from '../../src/providers/confluence/storage-format/markdown.ts'
import { toText } from '../../src/providers/confluence/storage-format/text.ts'
import { createRandom } from './random.ts'

const options = { title: '' }
const RENDERERS = [toText, toMarkdown, toHtml]
const text = (storage: string) => toText(storage, options).replace(/\n$/, '')

const MARKUP =
  `<p> </p> <ul> <li> </li> </ul> <td> </tr> <table> <tr> <h1> </h1> <br/> <p< " > < & &# ]]> <![CDATA[
  </ /> <b> <ac:link> </ac:link> <ac:task> <ac:task-list> <pre> </pre> <code> <em> <ac:rich-text-body> <ac:image>
  <ac:plain-text-body> <ac:macro~ac:name="code"> </ac:macro> <blockquote> <ac:macro~ac:name="note"> <ac:emoticon>
  <ac:macro~ac:name="status"> <ac:macro~ac:name="expand"> <a~href=""> <time> <ri:page> <colgroup> <ac:macro>`
    .split(/\s+/)
    .map((piece) => piece.replace('~', ' '))

describe('broken markup', () => {
  it.each([
    ['an element without its end', '<p>a<strong>b', 'ab'],
    ['elements that cross', '<p><b>a<i>b</b>c</i>d</p>', 'abcd'],
    ['an end without its start', 'a</p></ac:layout>b', 'ab'],
    ['an element in capitals', '<P>a<BR>b</P>', 'a\nb'],
    ['an empty element that is not closed', '<p>a<br>b<hr>c</p>', 'a\nb\nc'],
    ['a tag that is cut', '<p>a</p><p titl', 'a\n<p titl'],
    ['a quote that is not closed', '<p x="1>a</p>', '<p x="1>a'],
    ['a bracket in quotes', '<p x="1>2" y=\'>\'>a</p>', 'a'],
    ['a section that is cut', 'a<![CDATA[<b> & c', 'a<b> & c'],
    ['a section in a section', '<p><![CDATA[<![CDATA[a]]></p>', '<![CDATA[a'],
    ['a comment', '<p>a<!-- <p>b</p> -->c</p><!---->', 'ac'],
    ['a comment that is cut', '<p>a<!-- b</p>', 'a<!-- b'],
    ['a declaration', '<?xml version="1.0"?><p>a<!b></p>', 'a<!b>'],
    ['brackets that are none', '<p>1 < 2 > 0 <3 <- <></p>', '1 < 2 > 0 <3 <- <>'],
    ['characters that are none', '<p>a\u0000&#1;&#127;b\ud800</p>', 'ab\ufffd'],
    ['items without a list', '<li>a</li><td>b</td><tr><td>c</td></tr>', 'a\nb\nc'],
    [
      'text where none belongs',
      '<ul>a<li>b</li>c</ul><table>d<tr>e<td>f</td></tr></table>',
      '- a\n- b\n  c\nd\ne\tf',
    ],
    ['blocks in a line', '<strong>a<p>b</p><ul><li>c</li></ul>d</strong>', 'a\nb\n- c\nd'],
    ['a heading with more than a line', '<h1>a<p>b</p><pre>c</pre></h1>', 'a\nb\nc'],
    [
      'a macro without its body',
      '<ac:structured-macro>a<ac:parameter ac:name="b">c</ac:parameter>',
      'a',
    ],
    [
      'spans that are none',
      '<table><tr><td colspan="-1" rowspan="x">a</td><td>b</td></tr></table>',
      'a\tb',
    ],
  ])('%s', (_, storage, expected) => {
    expect(text(storage)).toBe(expected)
    expect(() => toMarkdown(storage, options)).not.toThrow()
    expect(() => toHtml(storage, options)).not.toThrow()
  })

  it('loses no word, whatever stands between', () => {
    const { pick } = createRandom(7)
    for (let count = 0; count < 3000; count++) {
      const words = Array.from({ length: 12 }, (_, index) => `w${index}w`)
      const storage = words.map((word) => `>${pick(MARKUP)} ${word} ${pick(MARKUP)}`).join('')
      for (const render of RENDERERS) {
        const output = render(storage, options)
        for (const word of words) expect(output, storage).toContain(word)
      }
    }
  })
})

describe('HTML', () => {
  const TAG =
    /<\/?(?:p|h[1-6]|strong|em|s|u|sub|sup|code|pre|ul|ol|li|blockquote|aside|details|summary|figure|figcaption|table|tr|th|td|a|body|html)>|<(?:br|hr)>|<a href="(?:https?:\/\/|mailto:)[^"<>\s]*" rel="noreferrer">|<img src="https?:\/\/[^"<>\s]*" alt="[^"<>]*">|<code class="language-[\w+#.-]+">|<input type="checkbox" disabled(?: checked)?>|<ol start="\d+">|<aside aria-label="\w+">|<t[dh](?: colspan="\d+")?(?: rowspan="\d+")?>/g

  it.each([
    '<script>alert(1)</script><style>p{}</style><p onclick="alert(1)" style="x">a</p>',
    '<a href="javascript:alert(1)">a</a><a href=" JaVaScRiPt:alert(1)">a</a>',
    '<a href="java&#10;script:alert(1)">a</a><a href="&#106;avascript&colon;alert(1)">a</a>',
    '<a href="\u0001javascript:alert(1)">a</a><a href="data:text/html,x">a</a><a href="vbscript:x">a</a>',
    '<a href="https://x.example/&quot; onclick=&quot;alert(1)">a</a><a href="//x.example">a</a>',
    `<a href='https://x.example/"><script>'>a</a><a href="https://x.example/'a'">a</a>`,
    '<ac:image ac:alt="&quot; onerror=&quot;x"><ri:url ri:value="https://x.example/a.png?&quot;onerror=x"/></ac:image>',
    '<ac:image><ri:url ri:value="javascript:alert(1)"/></ac:image><img src="x" onerror="alert(1)"/>',
    '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">js" onclick="x</ac:parameter><ac:plain-text-body><![CDATA[</code><script>]]></ac:plain-text-body></ac:structured-macro>',
    '<ac:structured-macro ac:name="html"><ac:plain-text-body><![CDATA[<script>alert(1)</script>]]></ac:plain-text-body></ac:structured-macro>',
    '<iframe src="https://x.example"></iframe><svg onload="alert(1)"><object data="x"/><form action="x"><input name="a"/></form>',
    '<table><tr><td colspan="1&quot; onclick=&quot;x" rowspan="2">a</td></tr></table>&lt;script&gt;',
  ])('has nothing but what is known to be safe: %s', (storage) => {
    const html = toHtml(storage, { title: '</title><script>', links: () => 'javascript:alert(1)' })
    const left = html.slice(html.indexOf('<body>')).replace(TAG, '')
    expect(left).not.toMatch(/[<>]/)
    expect(html).not.toMatch(/<[^>]*(?:javascript|data:|vbscript)/i)
    expect(html).toContain('<title>&lt;/title&gt;&lt;script&gt;</title>')
  })

  it('takes no address of another kind from its caller', () => {
    const storage = '<ac:link><ri:page ri:content-title="a"/></ac:link>'
    expect(toMarkdown(storage, { title: '', links: () => 'javascript:alert(1)' })).toBe('a\n')
    expect(toMarkdown(storage, { title: '', links: () => 'https://x.example/ (b)|c\\' })).toBe(
      '[a](https://x.example/%20%28b%29%7Cc/)\n',
    )
  })
})

describe('time grows as the page does', () => {
  const wrapped = (start: string, piece: string, end: string) => (length: number) =>
    start + piece.repeat(length / piece.length) + end
  const repeated = (piece: string) => wrapped('', piece, '')
  const nested = (tag: string) => repeated(`<${tag}>a`)

  it.each<readonly [string, (length: number) => string]>([
    ['<', repeated('<')],
    ['&', repeated('&')],
    ['&#', repeated('&#')],
    ['references', repeated('&amp;a')],
    ['sections without an end', repeated('<![CDATA[')],
    ['comments without an end', repeated('<!--')],
    ['instructions without an end', repeated('<?')],
    ['tags without an end', repeated('<a b="')],
    ['quotes', repeated('<a b="\'')],
    ['ends without a start', repeated('</a>')],
    ['crossing elements', repeated('<b><i></b></i>')],
    ['names of attributes', wrapped('<a ', 'href', '>a</a>')],
    ['attributes', wrapped('<a ', "b='\"' ", 'href="x">a</a>')],
    ['elements in elements', nested('b')],
    ['lists in lists', nested('ul><li')],
    ['quotes in quotes', nested('blockquote')],
    ['tables in tables', nested('table><tr><td')],
    ['panels in panels', nested('ac:structured-macro ac:name="info"><ac:rich-text-body')],
    ['captions in captions', nested('ac:image><ac:caption')],
    ['strays in a list', wrapped('<ul><li>a</li>', '<b>b</b>', '</ul>')],
    ['cells', wrapped('<table><tr>', '<td>a</td>', '</tr></table>')],
    ['asterisks', repeated('*')],
    ['backticks', wrapped('<code>', '` ', '</code>')],
    ['spaces', wrapped('<p>a', ' ', 'b</p>')],
    ['line breaks', wrapped('<p>a', ' <br/> ', 'b</p>')],
    ['marks', repeated('<b>a</b><i>b</i>')],
  ])('%s', (_, create) => {
    const small = create(25_000)
    const large = create(200_000)
    expect(lengthOf(large)).toBeLessThan(16 * Math.max(lengthOf(small), 10_000))
    // Eight times the page: eight times the work if it is linear, sixty-four times if it is not. Whatever else the machine
    // does makes some of the tries longer, and not all of them.
    let ratio = Infinity
    for (let tries = 0; tries < 5 && ratio > 32; tries++) {
      ratio = Math.min(ratio, work(large) / Math.max(work(small), 5000))
    }
    expect(ratio).toBeLessThanOrEqual(32)
  })

  function lengthOf(storage: string): number {
    return RENDERERS.map((render) => render(storage, options)).join('').length
  }

  /** Microseconds of the processor's: those in which the test only waits for it do not count. */
  function work(storage: string): number {
    const before = process.cpuUsage()
    for (const render of RENDERERS) render(storage, options)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
})
