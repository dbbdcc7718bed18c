// What is read of formats that are text: structure, encodings, and what a reader would not see.
import { describe, expect, it } from 'vitest'
import type { Block } from '../../src/knowledge/extract/block.ts'
import { extract } from '../../src/knowledge/extract/extract.ts'
import { promisedFormat, type TextFormat } from '../../src/knowledge/extract/formats.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

const MARKS = { heading: '#', paragraph: 'p', list_item: '-', table_row: '|', code: '`' }

function show({ kind, level, text }: Block): string {
  return `${MARKS[kind]}${level ?? ''} ${text}`
}

async function read(format: TextFormat, content: string | Uint8Array): Promise<string[]> {
  const bytes = typeof content === 'string' ? bytesOf(content) : content
  return (await extract(bytes, format)).blocks.map(show)
}

describe('promisedFormat', () => {
  it.each([
    ['a.txt', 'text/plain', 'text'],
    ['server.log', 'application/octet-stream', 'text'],
    ['a.yaml', null, 'text'],
    ['main.ts', 'video/mp2t', 'text'],
    ['README', 'application/octet-stream', 'text'],
    ['unknown.qqq', 'text/x-whatever; charset=utf-8', 'text'],
    ['notes.MD', 'text/plain', 'markdown'],
    ['A page', 'text/markdown;charset=UTF-8', 'markdown'],
    ['x', 'text/x-markdown', 'markdown'],
    ['index.htm', '', 'html'],
    ['x', 'application/xhtml+xml', 'html'],
    ['table.tsv', 'text/plain', 'csv'],
    ['table.csv', 'application/vnd.ms-excel', 'csv'],
    ['x.ndjson', null, 'json'],
    ['x', 'application/vnd.api+json', 'json'],
    ['x.PDF', 'application/octet-stream', 'pdf'],
    [
      'Report 1.2',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'docx',
    ],
    ['x.docm', null, 'docx'],
    ['x.dotx', null, 'docx'],
    ['x.xlsm', null, 'xlsx'],
    ['x.ppsx', null, 'pptx'],
  ])('%s, %s: %s', (name, type, format) => {
    expect(promisedFormat(name, type)).toBe(format)
  })

  it.each([
    ['a.png', 'image/png'],
    ['a.doc', 'application/msword'],
    ['a.zip', 'application/zip'],
    ['a', null],
    ['a.rtf', 'text/rtf'],
    ['a.svg', 'image/svg+xml'],
    ['constructor', '__proto__'],
  ])('%s, %s: nothing', (name, type) => {
    expect(promisedFormat(name, type)).toBeUndefined()
  })
})

describe('plain text', () => {
  it('parts paragraphs at empty lines, and joins what was wrapped', async () => {
    const wrapped =
      'This line was wrapped by its author, who\nhad eighty columns to write in and used them.\n'
    expect(
      await read('text', `${wrapped}\r\n\r\nShort\rlines\n\n\n  \nif x:\n\ty = 1\n  z\n`),
    ).toEqual([
      'p This line was wrapped by its author, who had eighty columns to write in and used them.',
      'p Short',
      'p lines',
      '` if x:\n\ty = 1\n  z',
    ])
  })

  it.each([
    ['UTF-8', bytesOf('Größe 東京 🚢')],
    ['UTF-8 with a mark', bytesOf('\ufeffGröße 東京 🚢')],
    ['UTF-16 LE', utf16('\ufeffGröße 東京 🚢', true)],
    ['UTF-16 BE', utf16('\ufeffGröße 東京 🚢', false)],
  ])('reads %s', async (_, bytes) => {
    expect(await read('text', bytes)).toEqual(['p Größe 東京 🚢'])
  })

  it('reads Windows-1252 where it is no UTF-8, and UTF-8 in spite of a broken character', async () => {
    expect(await read('text', latin('Größe \x80 5'))).toEqual(['p Größe € 5'])
    const cut = bytesOf('äöü ÄÖÜ ß').slice(0, -1)
    expect(await read('text', cut)).toEqual(['p äöü ÄÖÜ \ufffd'])
    expect(await read('text', new Uint8Array([...bytesOf('ÄÖÜßäöü '), 0xff, 0x41]))).toEqual([
      'p ÄÖÜßäöü \ufffdA',
    ])
  })

  it('is well-formed, composed, and without what cannot be seen', async () => {
    const odd = utf16(
      `\ufeffa\u0308b\u00adc\ud800 d\0e\u200b\u0007f \u00a0 g${'x'.repeat(300)}`,
      true,
    )
    expect(await read('text', odd)).toEqual([`p äbc\ufffd def g${'x'.repeat(300)}`])
  })

  it('keeps every line of a long list in few blocks', async () => {
    const lines = Array.from({ length: 400_000 }, (_, at) => `w${at}`)
    const blocks = await read('text', lines.join('\n'))
    expect(blocks.length).toBeLessThan(10_000)
    expect(blocks.map((block) => block.slice(2)).join('\n')).toBe(lines.join('\n'))
  })

  it.each([
    ['a PDF', '%PDF-1.7\n…'],
    ['an archive', 'PK\x03\x04 and text'],
    ['zeros', 'a\0b\0c\0'],
    ['rich text', '{\\rtf1 text}'],
  ])('is not %s', async (_, content) => {
    await expect(read('text', content)).rejects.toMatchObject({ reason: 'type_mismatch' })
  })

  it.each(['', ' \n\t\r\n', '\ufeff'])('has no text in %j', async (content) => {
    await expect(read('text', content)).rejects.toMatchObject({ reason: 'no_text' })
  })
})

describe('Markdown', () => {
  it('has headings, paragraphs, lists, tables and code without its marks', async () => {
    const text = `---
title: "The handbook"
tags: [a]
---
# Set *up*

Some **bold** [link](https://a.example/x) and \`code\` &amp; <b>html</b>,
on two lines. ![A ship](a.png)

Under lined
-----------

- one
- two

  more of two
  1. inner
- [x] done

| Name | City |
|------|------|
| Ann  | Bonn |

> quoted

\`\`\`js
if (x) {
  y()
}
\`\`\`

<div>A <i>block</i> of HTML<script>no()</script></div>

[ref] to something

[ref]: https://b.example
`
    const { blocks, title } = await extract(bytesOf(text), 'markdown')
    expect(title).toBe('The handbook')
    expect(blocks.map(show)).toEqual([
      '` title: "The handbook"\ntags: [a]',
      '#1 Set up',
      'p Some bold link and code & html, on two lines. A ship',
      '#2 Under lined',
      '- one',
      '- two',
      'p more of two',
      '- inner',
      '- [x] done',
      '| Name | City',
      '| Ann | Bonn',
      'p quoted',
      '` if (x) {\n  y()\n}',
      'p A block of HTML',
      'p ref to something',
    ])
  })

  it('is the same in pieces as in one', async () => {
    const section = (at: number) =>
      `## Part ${at}\n\nText ${at} of it.\n\n\`\`\`\ncode ${at}\n\n# no heading\n\`\`\`\n\n`
    const text = Array.from({ length: 3000 }, (_, at) => section(at)).join('')
    const blocks = await read('markdown', text)
    expect(blocks).toHaveLength(9000)
    expect(blocks.slice(-3)).toEqual([
      '#2 Part 2999',
      'p Text 2999 of it.',
      '` code 2999\n\n# no heading',
    ])
  })

  it('keeps code together that is too long for a piece', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `# line ${at}`)
    const blocks = await read('markdown', `~~~\n${lines.join('\n')}\n~~~\nafter`)
    expect(blocks.at(-1)).toBe('p after')
    const code = blocks.slice(0, -1)
    expect(code.every((block) => block.startsWith('` '))).toBe(true)
    expect(code.map((block) => block.slice(2)).join('\n')).toBe(lines.join('\n'))
  })
})

describe('HTML', () => {
  it('is what a reader sees', async () => {
    const page = `<!DOCTYPE html><html><head><title>The  &amp; page</title><style>p{}</style></head>
<body><h1>Set <em>up</em></h1><p>One<br>two &eacute;&#x1F6A2;&nbsp;x<p hidden>no</p>
<div style="color:red; display : none">no <div>no</div></div><script>no()</script><noscript>no</noscript>
<template><p>no</p></template><svg><text>no</text></svg>
<ul><li>first<li>second<ul><li>inner</ul></ul>
<table><tr><th>Name<th>City</tr><tr><td><p>Ann</p><td>Bonn<br>Beuel</table>
<table><tr><td>menu</td><td><h2>Layout</h2><p>text</p></td></tr></table>
<pre>a
  b <b>c</b></pre>tail<img alt="A ship" src="x"></body></html>`
    const { blocks, title } = await extract(bytesOf(page), 'html')
    expect(title).toBe('The & page')
    expect(blocks.map(show)).toEqual([
      '#1 Set up',
      'p One two é🚢 x',
      '- first',
      '- second',
      '- inner',
      '| Name | City',
      '| Ann | Bonn Beuel',
      'p menu',
      '#2 Layout',
      'p text',
      '` a\n  b c',
      'p tail A ship',
    ])
  })

  it.each([
    ['a meta element', '<meta charset="iso-8859-1"><p>Größe €'],
    [
      'an XML declaration',
      '<?xml version="1.0" encoding="windows-1252"?><html><p>Größe €</p></html>',
    ],
    ['nothing', '<p>Größe €'],
  ])('has the encoding that %s says', async (_, page) => {
    const bytes = latin(page.replace('€', '\x80'))
    expect(await read('html', bytes)).toEqual(['p Größe €'])
    expect(await read('html', page)).toEqual(['p Größe €'])
  })

  it('reads Shift JIS', async () => {
    const bytes = new Uint8Array([
      ...bytesOf('<meta charset=shift_jis><p>'),
      0x93,
      0x8c,
      0x8b,
      0x9e,
    ])
    expect(await read('html', bytes)).toEqual(['p 東京'])
  })
})

describe('CSV', () => {
  it('names the value of each column', async () => {
    const table = 'Name;City;Note\r\n"Ann ""A""";Bonn;\r\n"Bo\nb";Köln;"x;y"\r\n\r\n'
    expect(await read('csv', table)).toEqual([
      '| Name | City | Note',
      '| Name: Ann "A" | City: Bonn',
      '| Name: Bo b | City: Köln | Note: x;y',
    ])
  })

  it('has no names where the first row is one like others', async () => {
    expect(await read('csv', '1,2\n3,4\n')).toEqual(['| 1 | 2', '| 3 | 4'])
    expect(await read('csv', 'sep=|\na|b\n')).toEqual(['| a | b'])
    expect(await read('csv', 'a\tb\nc\td')).toEqual(['| a | b', '| a: c | b: d'])
  })

  it('loses no record of a large file, nor behind a quote that is never closed', async () => {
    const rows = Array.from({ length: 100_000 }, (_, at) => `${at},"v, ${at}",x`)
    const blocks = await read('csv', rows.join('\r\n'))
    expect(blocks).toHaveLength(rows.length)
    expect(blocks.at(-1)).toBe('| 99999 | v, 99999 | x')
    rows[50_000] = '50000,"never closed,x'
    const broken = await read('csv', rows.join('\n'))
    expect(broken.join('\n')).toContain('99999')
  })
})

describe('JSON', () => {
  it('keeps the members of one object together under their names', async () => {
    const value = {
      title: 'T',
      users: [{ name: 'Ann', city: 'Bonn', tags: ['a', 'b'], x: null }, { name: 'Bo' }],
      text: 'long '.repeat(50),
    }
    expect(await read('json', JSON.stringify(value, null, 2))).toEqual([
      'p title: T',
      'p users: name: Ann | city: Bonn',
      'p users.tags: a, b',
      'p users: name: Bo',
      `p text: ${'long '.repeat(50).trim()}`,
    ])
  })

  it('reads lines of JSON, and as text what is none', async () => {
    expect(await read('json', '{"a":1}\n{"a":2}\nbroken\n')).toEqual([
      'p a: 1',
      'p a: 2',
      'p broken',
    ])
    expect(await read('json', '{ "a": 1, // why\n}')).toEqual(['p { "a": 1, // why', 'p }'])
    expect(await read('json', '"only a text"')).toEqual(['p only a text'])
    const deep = '['.repeat(100_000) + '7' + ']'.repeat(100_000)
    expect(await read('json', deep)).toHaveLength(1)
  })
})

function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

function utf16(text: string, isLittle: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2))
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), isLittle)
  return new Uint8Array(view.buffer)
}
