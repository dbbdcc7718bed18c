// What Confluence gives to read: pages in three formats, and attachments from the media host.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { driveOf } from '../drive.ts'
import { defaultConfluenceSettings } from '../emulators/confluence-settings.ts'
import { startSlipway, type Slipway } from '../harness.ts'

const TEXT = `Plan 2026
Plan 2026 – Übersicht
See the <home> page✅
Careful
const a = b && c < d; // ]]>
[x] Done it
A\tB
2026-05-01
`
const MARKDOWN = `# Plan 2026

# Plan 2026 – Übersicht

See [the \\<home> page](https://acme.atlassian.net/wiki/display/DOCS/Home)✅

> **Info:** Careful

\`\`\`ts
const a = b && c < d; // ]]>
\`\`\`

- [x] Done it

| A | B |
| --- | --- |
| 2026-05-01 |  |
`
const HTML = `<body>
<h1>Plan 2026</h1>
<h1>Plan\u00a02026 – Übersicht</h1>
<p>See <a href="https://acme.atlassian.net/wiki/display/DOCS/Home" rel="noreferrer">the &lt;home&gt; page</a>✅</p>
<aside aria-label="Info">
<p>Careful</p>
</aside>
<pre><code class="language-ts">const a = b &amp;&amp; c &lt; d; // ]]&gt;</code></pre>
<ul>
<li><input type="checkbox" disabled checked> Done it</li>
</ul>
<table>
<tr>
<th>A</th>
<th>B</th>
</tr>
<tr>
<td colspan="2">2026-05-01</td>
</tr>
</table>
</body>
</html>
`

let app: Slipway
const ids: Record<string, string> = {}
beforeAll(async () => {
  app = await startSlipway()
  for (const [user, account] of [
    ['ann', 'ann@acme.example'],
    ['bo', 'bo@acme.example'],
  ] as const) {
    ids[user] = (await connect(app, user, 'confluence', { account })).id
  }
})
afterAll(() => app.close())
afterEach(() => {
  Object.assign(app.emulators.confluence.settings, defaultConfluenceSettings())
})

const driveFor = (user: string) => driveOf(user, () => ({ app, id: ids[user] ?? '' }))
const { call, find, walk, text } = driveFor('ann')

describe('a page', () => {
  it('gives a page as Markdown, text and HTML', async () => {
    const page = await walk('Documentation', 'Home', 'Plan 2026')
    expect(page.exportable_as).toEqual(['text/markdown', 'text/plain', 'text/html'])
    const markdown = await call(`/items/${page.id}/content`)
    expect(markdown.headers.get('content-type')).toMatch(/^text\/markdown/)
    expect(markdown.headers.get('content-disposition')).toContain('filename="Plan 2026.md"')
    expect(await markdown.text()).toBe(MARKDOWN)
    const plain = await call(`/items/${page.id}/content?format=text/plain`)
    expect(plain.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(plain.headers.get('content-disposition')).toContain('filename="Plan 2026.txt"')
    expect(await plain.text()).toBe(TEXT)
    const html = await call(`/items/${page.id}/content?format=text/html`)
    // Never as a type that could run on this origin.
    expect(html.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(html.headers.get('content-disposition')).toContain('filename="Plan 2026.html"')
    const document = await html.text()
    expect(document.slice(document.indexOf('<body>'))).toBe(HTML)
    const wrong = await call(`/items/${page.id}/content?format=application/pdf`)
    expect(await wrong.json()).toMatchObject({ status: 422, errors: [{ field: 'query.format' }] })
    expect(await text(await walk('Documentation', 'Home', 'Empty page'))).toBe('# Empty page\n')
  })

  it('gives the newest version of a page, under another etag', async () => {
    const { confluence } = app.emulators
    const { id } = confluence.find('Loose page')
    const before = await walk('Documentation', 'Loose page')
    confluence.editPage(id, '<p>Moved.</p>')
    const after = await walk('Documentation', 'Loose page')
    expect(after.etag).not.toBe(before.etag)
    expect(await text(after)).toBe('# Loose page\n\nMoved.\n')
  })

  it('keeps titles as they are, and ids that are no numbers of JavaScript', async () => {
    const home = await walk('Documentation', 'Home')
    for (const title of [
      `"Quoted" & 'single' <tag>`,
      'Ship 🚢 100% + done #1?',
      '100%25 / a\\b',
      'Caf\u00e9',
      'Cafe\u0301 (NFD)',
    ]) {
      const page = await find(title, home.id)
      const number = /\d+$/.exec(page.id)?.[0] ?? ''
      expect(String(Number(number))).not.toBe(number)
      expect(app.emulators.confluence.item(number)?.title).toBe(title)
      expect(await (await call(`/items/${page.id}`)).json()).toMatchObject({
        id: page.id,
        name: title,
      })
      expect(await text(page, '?format=text/plain')).toBe(`${title}\nodd title\n`)
      const response = await call(`/items/${page.id}/content`, { method: 'HEAD' })
      expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="/)
    }
  })

  it('leads from a page’s links to the site', async () => {
    const { confluence } = app.emulators
    const space = confluence.spaceId('ann@acme.example', 'DOCS')
    confluence.addPage(
      space,
      confluence.find('Home').id,
      'Links',
      '<p><ac:link><ri:page ri:content-title="Loose page" /></ac:link> <ac:link><ri:page ri:content-title="Rota #1" ri:space-key="OPS" /></ac:link> <a href="/wiki/spaces/DOCS">Docs</a></p>',
    )
    const page = await walk('Documentation', 'Home', 'Links')
    const base = 'https://acme.atlassian.net/wiki'
    expect(await text(page)).toBe(
      `# Links\n\n[Loose page](${base}/display/DOCS/Loose%20page) [Rota #1](${base}/display/OPS/Rota%20%231) [Docs](${base}/spaces/DOCS)\n`,
    )
    for (const item of [page, await (await call(`/items/${page.id}`)).json()]) {
      const { web_url } = item as { web_url: string }
      expect(web_url).toContain(`${base}/spaces/DOCS/pages/`)
    }
  })
})

describe('a page that is too large', () => {
  const addPage = async (title: string, storage: string) => {
    const { confluence } = app.emulators
    const space = confluence.spaceId('ann@acme.example', 'DOCS')
    confluence.addPage(space, confluence.find('Home').id, title, storage)
    return walk('Documentation', 'Home', title)
  }
  const refusal = { status: 413, code: 'payload_too_large' }

  it('is refused in each format', async () => {
    const page = await addPage('Endless', `<p>${'word '.repeat(500_000)}</p>`)
    for (const format of page.exportable_as ?? []) {
      const response = await call(`/items/${page.id}/content?format=${format}`)
      expect(response.status).toBe(413)
      expect(await response.json()).toMatchObject(refusal)
    }
  })

  it('is refused for what would become of it, and given where it stays small', async () => {
    const table = '<table><tr><td colspan="1000"/><td/></tr></table>'
    const page = await addPage('Wide', table.repeat(6000))
    const response = await call(`/items/${page.id}/content`)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject(refusal)
    expect((await call(`/items/${page.id}/content?format=text/html`)).status).toBe(200)
  })
})

describe('the images of a page', () => {
  it('are links in HTML where they are on other hosts', async () => {
    const { confluence } = app.emulators
    const space = confluence.spaceId('ann@acme.example', 'DOCS')
    const parent = confluence.find('Home').id
    const id = confluence.addPage(
      space,
      parent,
      'Images',
      '<p><ac:image ac:alt="own"><ri:attachment ri:filename="a b.png"/></ac:image> <ac:image ac:alt="other"><ri:url ri:value="https://tracker.example/i.png"/></ac:image></p>',
    )
    const page = await walk('Documentation', 'Home', 'Images')
    const html = await text(page, '?format=text/html')
    const site = 'https://acme.atlassian.net'
    expect(html).toContain(`content="default-src 'none'; img-src ${site}"`)
    expect(html).toContain(
      `<p><img src="${site}/wiki/download/attachments/${id}/a%20b.png" alt="own"> <a href="https://tracker.example/i.png" rel="noreferrer">other</a></p>`,
    )
  })
})

describe('an attachment', () => {
  const MEDIA = 'api.media.atlassian.com'
  const asked = (host: string, path: RegExp) =>
    app.emulators.requests.filter((one) => one.host === host && path.test(one.path))
  const fetchBytes = async (item: { readonly id: string }, headers = {}) => {
    const response = await call(`/items/${item.id}/content`, { headers })
    return { response, bytes: Buffer.from(await response.arrayBuffer()) }
  }

  it('keeps its name, whatever is in it', async () => {
    const pdf = await walk('Documentation', 'Home', 'Übersicht "final" 100%.pdf')
    expect(pdf).toMatchObject({ is_folder: false, size: 20 })
    const { response, bytes } = await fetchBytes(pdf)
    expect(bytes.toString()).toBe('%PDF-1.4 not really\n')
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(response.headers.get('content-disposition')).toContain(
      "filename*=UTF-8''%C3%9Cbersicht%20%22final%22%20100%25.pdf",
    )
    const wrong = await call(`/items/${pdf.id}/content?format=text/html`)
    expect(await wrong.json()).toMatchObject({ status: 422, errors: [{ field: 'query.format' }] })
  })

  it('comes in ranges from the media host, which gets no token', async () => {
    const { confluence } = app.emulators
    const photo = await walk('Documentation', 'Home', 'harbour.jpg')
    const whole = await confluence.content(confluence.find('harbour.jpg').id)
    app.emulators.requests.length = 0
    for (const [range, part] of [
      ['bytes=100-199', whole.subarray(100, 200)],
      ['bytes=1499990-', whole.subarray(1_499_990)],
      ['bytes=-7', whole.subarray(-7)],
    ] as const) {
      const { response, bytes } = await fetchBytes(photo, { range })
      expect(response.status).toBe(206)
      expect(bytes.equals(part)).toBe(true)
    }
    const sent = asked(MEDIA, /./)
    expect(sent).toHaveLength(3)
    for (const { headers } of sent) expect(headers).not.toHaveProperty('authorization')
    confluence.settings.ignoreRange = true
    const all = await fetchBytes(photo, { range: 'bytes=100-199' })
    expect([all.response.status, all.bytes.equals(whole)]).toEqual([200, true])
  })

  it('is asked for once more when its link has ended, and not for ever', async () => {
    const { settings } = app.emulators.confluence
    const notes = await walk('Documentation', 'Home', 'notes.txt')
    app.emulators.requests.length = 0
    settings.expiredDownloads = 1
    expect((await fetchBytes(notes)).bytes.toString()).toBe('Up and to the right.\n')
    expect(asked('api.atlassian.com', /\/download$/)).toHaveLength(2)
    settings.expiredDownloads = 100
    const { response, bytes } = await fetchBytes(notes)
    expect(response.status).toBe(502)
    expect(JSON.parse(bytes.toString())).toMatchObject({ code: 'provider_unavailable' })
    expect(asked(MEDIA, /./)).toHaveLength(4)
  })

  it('shows its newest version', async () => {
    const { confluence } = app.emulators
    const home = confluence.find('Home').id
    const before = await walk('Documentation', 'Home', 'notes.txt')
    confluence.addAttachment(home, 'notes.txt', 'Down again.', 'text/plain')
    const after = await walk('Documentation', 'Home', 'notes.txt')
    expect(after.id).toBe(before.id)
    expect(after.etag).not.toBe(before.etag)
    expect(await text(after)).toBe('Down again.')
  })
})
