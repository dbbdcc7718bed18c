// Search over imported text: what a query means, what is shown of what it finds, and whose it is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectWebdav } from '../connect.ts'
import { rows, startSlipway, type Slipway } from '../harness.ts'
import { findItem, startImport, untilStatus } from '../imports.ts'
import { checkIndex, found, importFiles, marked, search, type Page } from '../search.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(async () => {
  await checkIndex(app)
  await app.close()
})

const json = async <T>(response: Response) => (await response.json()) as T
const documentOf = async (user: string, filename: string) => {
  const [row] = await rows<{ id: string }>(
    app,
    'SELECT id FROM documents WHERE user_id = ? AND filename = ?',
    user,
    filename,
  )
  if (row === undefined) throw new Error(`no ${filename}`)
  return row.id
}

describe('what a query means', () => {
  const user = 'quinn'
  beforeAll(async () => {
    await importFiles(app, user, {
      'fox.txt': 'The quick brown fox jumps over the lazy dog, well-known to all.',
      'dog.txt': 'A quick dog is brown, and no fox at all. State-of-the-art kennels.',
      'café.txt': 'Der große Bär trank im Café einen Weißwein für 3.50 Euro. Die Straße war naß.',
      'greek.txt': 'Ο Σίσυφος ἀγαπᾷ ὀδός. Кириллица ещё: ёлка.',
      'odd.txt':
        'The ﬁrst oﬃce has ＦＵＬＬ width. snake_case_name and user@example.com use C++ \u{1F389}.',
      '会议.txt': '我们明天在北京开会,讨论年度报告。服务器运行Linux系统。',
      'japan.txt': '本書はサーバーの入門です。東京 京都は遠い。ﾃｽﾄ環境。',
      'korea.txt': '서울에서 회의를 합니다.',
      'thai.txt': 'ที่นี่มีเอกสารสำคัญ',
      'hindi.txt': 'यह हिन्दी का दस्तावेज़ है।',
      'arabic.txt': 'هَذَا كِتَابٌ جَدِيد',
    })
  })

  it.each([
    // words: all of them, in any order, whatever their case
    ['quick fox', ['dog.txt', 'fox.txt']],
    ['FOX jumps', ['fox.txt']],
    ['fox elephant', []],
    ['and no fox', ['dog.txt']],
    // phrases
    ['"brown fox"', ['fox.txt']],
    ['"fox brown"', []],
    ['“brown fox”', ['fox.txt']],
    ['„brown fox“ jumps', ['fox.txt']],
    ['"brown fox', ['fox.txt']],
    ['"quick brown fox jumps over the lazy dog"', ['fox.txt']],
    // prefixes
    ['jum*', ['fox.txt']],
    ['jum', []],
    ['"brown fo"*', ['fox.txt']],
    ['q* kenn*', ['dog.txt']],
    // exclusion
    ['quick -jumps', ['dog.txt']],
    ['quick -"brown fox"', ['dog.txt']],
    ['quick -jum*', ['dog.txt']],
    ['quick -elephant', ['dog.txt', 'fox.txt']],
    ['fox -quick', []],
    // punctuation inside of words
    ['well-known', ['fox.txt']],
    ['well known', ['fox.txt']],
    ['known-well', []],
    ['state-of-the-art', ['dog.txt']],
    ['user@example.com', ['odd.txt']],
    ['example.org', []],
    ['snake_case', ['odd.txt']],
    ['3.50', ['café.txt']],
    ['c++', ['odd.txt']],
    // accents, sharp s, compatibility forms
    ['cafe', ['café.txt']],
    ['CAFÉ', ['café.txt']],
    ['cafe\u0301', ['café.txt']],
    ['bar', ['café.txt']],
    ['weisswein', ['café.txt']],
    ['weißwein', ['café.txt']],
    ['"grosse bär"', []],
    ['"Der große Bär"', ['café.txt']],
    ['"STRASSE war"', []],
    ['strasse nass', ['café.txt']],
    ['first office', ['odd.txt']],
    ['full width', ['odd.txt']],
    ['ＦＵＬＬ', ['odd.txt']],
    ['кириллица', ['greek.txt']],
    ['ΣΊΣΥΦΟΣ', ['greek.txt']],
    ['🎉', ['odd.txt']],
    // scripts without blanks
    ['北京', ['会议.txt']],
    ['北京开会', ['会议.txt']],
    ['年度报告', ['会议.txt']],
    ['报告年度', []],
    ['京', ['japan.txt', '会议.txt']],
    ['告', ['会议.txt']],
    ['东京', []],
    ['东', []],
    ['東京都', []],
    ['linux', ['会议.txt']],
    ['linux系统', ['会议.txt']],
    ['Linux系', ['会议.txt']],
    ['运行 linux', ['会议.txt']],
    ['linu*', ['会议.txt']],
    ['サーバー', ['japan.txt']],
    ['テスト', ['japan.txt']],
    ['入門 -東京', []],
    ['北京 -東京', ['会议.txt']],
    ['회의', ['korea.txt']],
    ['서울', ['korea.txt']],
    ['เอกสาร', ['thai.txt']],
    ['ที่นี่', ['thai.txt']],
    ['ทีนี', []],
    ['हिन्दी', ['hindi.txt']],
    ['हन्दि', []],
    ['كتاب جديد', ['arabic.txt']],
    // names
    ['dog.txt', ['dog.txt']],
    ['会议 linux', ['会议.txt']],
    ['会议', ['会议.txt']],
  ])('%s', async (q, expected) => {
    expect(await found(app, user, q)).toEqual([...expected].sort())
  })

  it('any: what has one of the words, the more the better', async () => {
    expect(await found(app, user, 'elephant fox', { match: 'any' })).toEqual(['dog.txt', 'fox.txt'])
    const { results } = await search(app, user, 'jumps lazy kennels', { match: 'any' })
    expect(results.map(({ document }) => document.filename)).toEqual(['fox.txt', 'dog.txt'])
    expect(await found(app, user, 'lazy kennels -jumps', { match: 'any' })).toEqual(['dog.txt'])
  })

  it.each([
    'fox AND',
    'NOT fox',
    'fox OR dog NEAR(quick, 2)',
    'NEAR fox',
    'text:fox',
    '{text owner} : fox',
    'owner:u*',
    '^fox',
    'fox + dog',
    '((((fox',
    'fox"',
    '""" fox """',
    "fox'; DROP TABLE chunks; --",
    'fox \\ \\" \u0000 \u{1F98A}',
    'fox* * ** -*',
    '- -- --- fox',
    'fox\ud83d',
    'fox\ufffd\ue000\u{f0000}',
    `fox ${'('.repeat(900)}`,
    `"${'fox '.repeat(200)}"`,
    'f'.repeat(1000),
    '漢'.repeat(1000),
    `e${'\u0301'.repeat(900)}`,
    '"'.repeat(499) + 'fox' + '"'.repeat(498),
    'fox\r\n\tdog',
    '%66%6f%78 &amp; <script>',
    '$1 ?1 :a @b fox',
  ])('takes what anybody types: %s', async (q) => {
    const response = await app.as(user)(`/api/documents/search?${new URLSearchParams({ q })}`)
    expect(`${response.status} ${await response.text()}`).toMatch(/^200/)
  })

  it.each([
    ['', 'query.q'],
    ['   ', 'query.q'],
    ['"" - * ( ) : .', 'query.q'],
    ['-fox', 'query.q'],
    ['-fox -"lazy dog"', 'query.q'],
    ['x'.repeat(1001), 'query.q'],
    [Array.from({ length: 41 }, (_, index) => `w${index}`).join(' '), 'query.q'],
  ])('names a query that looks for nothing: %s', async (q, field) => {
    const response = await app.as(user)(`/api/documents/search?${new URLSearchParams({ q })}`)
    const body = await json<{ code: string; errors: { field: string }[] }>(response)
    expect([response.status, body.code, body.errors[0]?.field]).toEqual([
      422,
      'invalid_request',
      field,
    ])
  })

  it.each([
    ['', 'query.q'],
    ['q=fox&limit=0', 'query.limit'],
    ['q=fox&limit=51', 'query.limit'],
    ['q=fox&match=some', 'query.match'],
    ['q=fox&provider=floppy', 'query.provider'],
    ['q=fox&cursor=nonsense', 'query.cursor'],
    ['q=fox&passage_length=5', 'query.passage_length'],
    ['q=fox&color=red', 'query.color'],
  ])('names what is wrong beside it: %s', async (query, field) => {
    const response = await app.as(user)(`/api/documents/search?${query}`)
    const body = await json<{ errors: { field: string }[] }>(response)
    expect([response.status, body.errors[0]?.field]).toEqual([422, field])
  })

  it('is for users who have signed in', async () => {
    expect((await fetch(`${app.url}/api/documents/search?q=fox`)).status).toBe(401)
    const admin = app.as('root', { role: 'admin' })
    expect((await admin('/api/documents/search?q=fox')).status).toBe(403)
  })
})

describe('what is shown', () => {
  const user = 'sena'
  let connectionId: string
  beforeAll(async () => {
    const filler = (count: number) => 'Nothing of interest stands in this sentence. '.repeat(count)
    ;({ connectionId } = await importFiles(app, user, {
      'guide.md': `# Setup\n\nIntroduction.\n\n## Linux\n\n${filler(10)}Run the zebra installer as root. ${filler(10)}\n\n## Windows\n\nNo stripes here.\n`,
      'attack.txt': `<script>alert(1)</script> & "quotes" <b onclick='x'>payload</b> <mark>fake</mark>`,
      'folds.txt':
        'STRASSE, Straße, straße; Ｆinal Naïve naïve! 東京都は東京です。 \u{1F469}\u200d\u{1F4BB} code \u{1F389}\u{1F389}',
      'long.txt': `${filler(40)}The unicorn appears once. ${filler(40)}`,
      'report-zebra.txt': 'A text without that animal.',
      'numbers.txt': Array.from(
        { length: 60 },
        (_, index) => `Here stands number${index} among others of its kind.`,
      ).join(' '),
    }))
  })

  it('tells of the document, the passage and the source', async () => {
    const { results } = await search(app, user, '"zebra installer"')
    expect(results).toHaveLength(1)
    const [{ document, passage, source, score } = {} as never] = results
    expect(document).toMatchObject({
      filename: 'guide.md',
      category: null,
      reachable: true,
      text: { status: 'indexed', reason: null, passages: 3 },
    })
    expect(document.imported_at).toMatch(/^\d{4}-.*Z$/)
    expect(passage).toMatchObject({
      heading: 'Setup › Linux',
      page: null,
      page_end: null,
      ordinal: 1,
    })
    expect(passage.text).toContain('Run the zebra installer as root.')
    expect(passage.text.length).toBeGreaterThan(200)
    expect(passage.text.length).toBeLessThan(330)
    expect(passage.text).toMatch(/^….*…$/s)
    expect(source).toMatchObject({
      provider: 'webdav',
      connection_id: connectionId,
      name: expect.stringMatching(/./) as string,
      path: expect.stringContaining('guide.md') as string,
    })
    expect(score).toBeGreaterThan(0)
    expect(score).toBeLessThanOrEqual(1)
    const shown = await json(await app.as(user)(`/api/documents/${document.id}`))
    expect(shown).toEqual(document)
    const whole = await search(app, user, '"zebra installer"', { passage_length: '2000' })
    expect(whole.results[0]?.passage.text).toMatch(/^Linux\n\nNothing .* sentence\.$/s)
  })

  it('marks exactly the hits', async () => {
    expect(marked(await search(app, user, 'strasse'))).toEqual([['STRASSE', 'Straße', 'straße']])
    expect(marked(await search(app, user, 'naive final'))).toEqual([['Ｆinal', 'Naïve', 'naïve']])
    expect(marked(await search(app, user, '東京'))).toEqual([['東京', '東京']])
    expect(marked(await search(app, user, '都'))).toEqual([['都']])
    expect(marked(await search(app, user, 'na* -zebra'))).toEqual([['Naïve', 'naïve']])
    expect(marked(await search(app, user, '🎉'))).toEqual([['🎉', '🎉']])
    expect(marked(await search(app, user, '"run the zebra" inst*'))).toEqual([
      ['Run the zebra', 'installer'],
    ])
    expect(marked(await search(app, user, 'unicorn'))).toEqual([['unicorn']])
  })

  it('puts nothing into a page but marks', async () => {
    const { results } = await search(app, user, 'payload script fake')
    expect(results[0]?.passage.html).toBe(
      '&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt; &amp; &quot;quotes&quot; &lt;b onclick=&#39;x&#39;&gt;<mark>payload</mark>&lt;/b&gt; &lt;mark&gt;<mark>fake</mark>&lt;/mark&gt;',
    )
  })

  it('shows what two passages share in one of them', async () => {
    const [{ repeated } = { repeated: 0 }] = await rows<{ repeated: number }>(
      app,
      "SELECT count(*) AS repeated FROM chunks WHERE overlap > 0 AND text LIKE '%number%'",
    )
    expect(repeated).toBeGreaterThan(0)
    for (let number = 0; number < 60; number++) {
      const { results, next_cursor: cursor } = await search(app, user, `number${number}`)
      expect([results.length, cursor], `number${number}`).toEqual([1, null])
    }
  })

  it('finds a document by its name, and shows how it begins', async () => {
    const { results } = await search(app, user, 'zebra report')
    expect(results.map(({ document }) => document.filename)).toEqual(['report-zebra.txt'])
    expect(results[0]?.passage).toMatchObject({
      text: 'A text without that animal.',
      highlights: [],
    })
  })
})

describe('lists of results', () => {
  const user = 'lina'
  beforeAll(async () => {
    const files = Array.from({ length: 30 }, (_, index) => {
      const text = `Item ${index} mentions pelicans ${'pelican '.repeat(index % 7)}and more. `
      return [`item-${String(index).padStart(2, '0')}.txt`, text + 'Words follow. '.repeat(index)]
    })
    await importFiles(app, user, Object.fromEntries(files), { category: 'Birds' })
    const sections = Array.from(
      { length: 9 },
      (_, index) => `# Part ${index}\n\nA pelican flies.\n`,
    )
    await importFiles(app, user, { 'parts.md': sections.join('\n') }, { folder: 'more-of-lina' })
  })

  it('come to their end, page by page, best first, each once', async () => {
    const pages: Page[] = []
    let cursor: string | null = null
    do {
      pages.push(
        await search(app, user, 'pelican', { limit: '4', ...(cursor === null ? {} : { cursor }) }),
      )
      cursor = pages.at(-1)?.next_cursor ?? null
    } while (cursor !== null && pages.length < 50)
    const all = pages.flatMap(({ results }) => results)
    const keys = all.map(({ document, passage }) => `${document.id} ${passage.ordinal}`)
    expect(new Set(keys).size).toBe(keys.length)
    // item-00, 07, 14, 21 and 28 have only the plural
    expect(all).toHaveLength(25 + 3)
    const scores = all.map(({ score }) => score)
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
    for (const { results } of pages.slice(0, -1)) expect(results).toHaveLength(4)
    const again = await search(app, user, 'pelican', { limit: '50' })
    expect(again.results.map(({ passage }) => passage.text)).toEqual(
      all.map(({ passage }) => passage.text),
    )
  })

  it('have at most three passages of a document, and all of one that is asked for', async () => {
    const { results } = await search(app, user, 'pelican', { limit: '50' })
    expect(results.filter(({ document }) => document.filename === 'parts.md')).toHaveLength(3)
    const document_id = await documentOf(user, 'parts.md')
    const one = await search(app, user, 'pelican', { document_id, limit: '5' })
    expect(one.results).toHaveLength(5)
    const cursor = one.next_cursor ?? ''
    const rest = await search(app, user, 'pelican', { document_id, limit: '5', cursor })
    expect(rest.results).toHaveLength(4)
    expect(rest.next_cursor).toBeNull()
  })

  it('can be narrowed down', async () => {
    const names = (more: Record<string, string>) =>
      found(app, user, 'pelican', { limit: '50', ...more })
    expect(await names({ category: 'Birds' })).toHaveLength(25)
    expect(await names({ category: 'birds' })).toEqual([])
    const [{ id: connection_id } = { id: '' }] = await rows<{ id: string }>(
      app,
      'SELECT id FROM connections WHERE user_id = ?',
      user,
    )
    expect(await names({ connection_id, provider: 'webdav' })).toHaveLength(28)
    expect(await names({ connection_id: 'other' })).toEqual([])
    expect(await names({ provider: 'google_drive' })).toEqual([])
    expect(await names({ document_id: 'other' })).toEqual([])
  })

  it('have cursors that are good for themselves alone', async () => {
    const { next_cursor: cursor } = await search(app, user, 'pelican', { limit: '1' })
    const status = async (who: string, query: Record<string, string>) => {
      const asked = new URLSearchParams({ cursor: cursor ?? '', ...query })
      return (await app.as(who)(`/api/documents/search?${asked}`)).status
    }
    expect(await status(user, { q: 'pelican', limit: '7' })).toBe(200)
    expect(await status(user, { q: 'pelicans' })).toBe(422)
    expect(await status(user, { q: 'pelican', category: 'Birds' })).toBe(422)
    expect(await status('lars', { q: 'pelican' })).toBe(422)
  })
})

describe('whose it is', () => {
  it('is the owner’s alone: search, text and filters', async () => {
    await importFiles(app, 'anna', { 'secret.txt': 'The kingfisher password is swordfish.' })
    await importFiles(app, 'bert', { 'own.txt': 'A kingfisher of my own.' })
    const better = ['1.txt', '2.txt', '3.txt', '4.txt'].map((name) => [name, `Kingfisher ${name}`])
    await importFiles(app, 'anna', Object.fromEntries(better) as Record<string, string>, {
      folder: 'more-of-anna',
    })
    // The best of all are hers: they must not be in his way.
    expect(await found(app, 'bert', 'kingfisher', { limit: '1' })).toEqual(['own.txt'])
    expect(await found(app, 'anna', 'kingfisher password')).toEqual(['secret.txt'])
    expect(await found(app, 'bert', 'swordfish')).toEqual([])
    expect(await found(app, 'carl', 'kingfisher')).toEqual([])
    const [{ owner } = { owner: '' }] = await rows<{ owner: string }>(
      app,
      "SELECT owner FROM chunks WHERE text LIKE '%swordfish%'",
    )
    for (const q of [
      owner,
      `owner:${owner}`,
      `kingfisher ${owner}`,
      `kingfisher OR owner:${owner}`,
    ]) {
      expect(await found(app, 'bert', q, { match: 'all' }), q).toEqual([])
    }
    const document_id = await documentOf('anna', 'secret.txt')
    expect(await found(app, 'bert', 'kingfisher', { document_id })).toEqual([])
    // Not even where the index is wrong about it.
    const claim = (term: string) =>
      rows(app, 'UPDATE chunks SET owner = ? WHERE document_id = ?', term, document_id)
    const [{ owner: his } = { owner: '' }] = await rows<{ owner: string }>(
      app,
      "SELECT owner FROM chunks WHERE text LIKE '%of my own%'",
    )
    await claim(his)
    expect(await found(app, 'bert', 'swordfish')).toEqual([])
    await claim(owner)
    expect(await found(app, 'anna', 'swordfish')).toEqual(['secret.txt'])
    const texts = await Promise.all(
      ['anna', 'bert'].map((user) => app.as(user)(`/api/documents/${document_id}/text`)),
    )
    expect(texts.map(({ status }) => status)).toEqual([200, 404])
    expect(await texts[0]?.text()).toBe('The kingfisher password is swordfish.')
  })
})

describe('the life of a document', () => {
  const change = (user: string, id: string, body: unknown) =>
    app.as(user)(`/api/documents/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  it('gives its text, whole and once, however long it is', async () => {
    const text = Array.from(
      { length: 3000 },
      (_, index) => `Paragraph ${index}: ${'grüner Käse und 漢字 '.repeat(1 + (index % 9))}🎉.`,
    ).join('\n\n')
    await importFiles(app, 'toni', { 'long.txt': text })
    const id = await documentOf('toni', 'long.txt')
    const response = await app.as('toni')(`/api/documents/${id}/text`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await response.text()).toBe(text)
    const head = await app.as('toni')(`/api/documents/${id}/text`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const reader = (await app.as('toni')(`/api/documents/${id}/text`)).body?.getReader()
    await reader?.read()
    await reader?.cancel()
  })

  it('has no text where none was found', async () => {
    const { id } = await connectWebdav(app, 'otto')
    app.emulators.dav.addFile('mia', '/of-otto/empty.txt', '  \n')
    const items = [{ id: await findItem(app, 'otto', id, 'of-otto') }]
    const importId = await startImport(app, 'otto', { connection_id: id, items })
    await untilStatus(app, importId, 'completed')
    const document = await documentOf('otto', 'empty.txt')
    const shown = await json(await app.as('otto')(`/api/documents/${document}`))
    expect(shown).toMatchObject({ text: { status: 'empty', reason: 'no_text', passages: 0 } })
    expect((await app.as('otto')(`/api/documents/${document}/text`)).status).toBe(404)
  })

  it('is found by its new name, and not by its old one', async () => {
    await importFiles(app, 'rena', { 'alpha.txt': 'One two three.' })
    const id = await documentOf('rena', 'alpha.txt')
    expect(await found(app, 'rena', 'alpha two')).toEqual(['alpha.txt'])
    expect((await change('rena', id, { filename: 'Überblick 年度.txt' })).status).toBe(200)
    expect(await found(app, 'rena', 'alpha')).toEqual([])
    expect(await found(app, 'rena', 'uberblick two')).toEqual(['Überblick 年度.txt'])
    expect(await found(app, 'rena', '年度')).toEqual(['Überblick 年度.txt'])
    expect((await change('rena', id, { category: 'New' })).status).toBe(200)
    expect(await found(app, 'rena', 'two', { category: 'New' })).toEqual(['Überblick 年度.txt'])
    await checkIndex(app)
  })

  it('is found by its new text after an import of a newer version, and not by its old one', async () => {
    const user = 'vera'
    const { connectionId } = await importFiles(app, user, { 'plan.txt': 'Meet at the lighthouse.' })
    const id = await documentOf(user, 'plan.txt')
    await importFiles(app, user, { 'plan.txt': 'Meet at the windmill, later.' })
    expect(await found(app, user, 'lighthouse')).toEqual([])
    const { results } = await search(app, user, 'windmill')
    expect(results.map(({ document }) => document.id)).toEqual([id])
    expect(results[0]?.source?.connection_id).toBe(connectionId)
    await checkIndex(app)
  })

  it('takes its passages along, and never the user’s own file', async () => {
    const user = 'dana'
    await importFiles(app, user, { 'mine.txt': 'An albatross.' })
    const id = await documentOf(user, 'mine.txt')
    const content = await app.as(user)(`/api/documents/${id}/content`)
    expect(await content.text()).toBe('An albatross.')
    const gone = await app.as(user)(`/api/documents/${id}`, { method: 'DELETE' })
    expect(gone.status).toBe(204)
    expect(app.emulators.dav.exists('mia', '/of-dana/mine.txt')).toBe(true)
    expect(await found(app, user, 'albatross')).toEqual([])
    expect(await rows(app, 'SELECT id FROM chunks WHERE document_id = ?', id)).toEqual([])
    await checkIndex(app)
  })

  it('takes the copy along that was kept of it, and never the user’s own file', async () => {
    const user = 'kept'
    await importFiles(app, user, { 'mine.txt': 'A cormorant.' }, { keep_original: true })
    const id = await documentOf(user, 'mine.txt')
    const objects = async () => {
      const { objects } = await app.bucket.list({
        prefix: `files/${Buffer.from(user).toString('base64url')}/`,
      })
      return objects.filter(({ key }) => key.includes(id))
    }
    expect(await objects()).toHaveLength(1)
    expect((await app.as(user)(`/api/documents/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect(await objects()).toEqual([])
    expect(app.emulators.dav.exists('mia', '/of-kept/mine.txt')).toBe(true)
  })

  it('stays searchable when the connection goes', async () => {
    const user = 'fred'
    const { connectionId } = await importFiles(app, user, { 'left.txt': 'A flamingo stays.' })
    const removed = await app.as(user)(`/api/cloud/connections/${connectionId}`, {
      method: 'DELETE',
    })
    expect(removed.status).toBe(204)
    const { results } = await search(app, user, 'flamingo')
    expect(results[0]).toMatchObject({
      document: { filename: 'left.txt', reachable: false },
      source: { provider: 'webdav', connection_id: connectionId, name: 'WebDAV' },
    })
    const id = await documentOf(user, 'left.txt')
    expect((await app.as(user)(`/api/documents/${id}/content`)).status).toBe(404)
    expect(await (await app.as(user)(`/api/documents/${id}/text`)).text()).toBe('A flamingo stays.')
    expect((await app.as(user)(`/api/documents/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect(await found(app, user, 'flamingo')).toEqual([])
  })
})
