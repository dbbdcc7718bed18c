// Confluence's storage format as text, Markdown and HTML: each construct in all three, and nothing that a page holds breaks them.
import { describe, expect, it } from 'vitest'
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
    expect(toMarkdown(PAGE, { title: 'Home', links: () => 'https://a.example/1' })).toBe(`# Home

# Plan 2026 – Übersicht

See [the \\<home> page](https://a.example/1)✅

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
    const html = toHtml(PAGE, { title: 'Home' })
    expect(html).toContain('<title>Home</title>')
    expect(html).toContain('<p>See the &lt;home&gt; page✅</p>')
    expect(html).toContain('<td colspan="2">2026-05-01</td>')
  })
})
