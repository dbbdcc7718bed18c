// Files that are made to do harm, or came to harm themselves: each ends in time, with the reason why no text was read.
import { readFileSync } from 'node:fs'
import { strToU8, zipSync, zlibSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { Clock } from '../../src/knowledge/extract/clock.ts'
import { extract } from '../../src/knowledge/extract/extract.ts'
import type { TextFormat } from '../../src/knowledge/extract/formats.ts'
import { MAX_INPUT, MAX_PAGES } from '../../src/knowledge/extract/limits.ts'
import { Unreadable } from '../../src/knowledge/extract/unreadable.ts'
import { UNREADABLE_REASONS } from '../../src/knowledge/reasons.ts'
import { docxOf, packageOf, pptxOf, relationshipsOf, xlsxOf } from './office-files.ts'
import { latin, pdfOf, pdfOfObjects, streamOf } from './pdf-files.ts'

const MiB = 1024 * 1024
const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url)))

/** The reason, or `text` when some was read. */
async function judge(format: TextFormat, bytes: Uint8Array): Promise<string> {
  try {
    await extract(bytes, format)
    return 'text'
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return error.reason
  }
}

/** The same bytes each time. */
function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

type Case = readonly [name: string, format: TextFormat, make: () => Uint8Array, reason: string]

const fill = (text: string, length: number) =>
  strToU8(text.repeat(Math.ceil(length / text.length)).slice(0, length))

describe('the clock', () => {
  it('ends what goes on for too long, and what never ends', async () => {
    const tooLong = { reason: 'took_too_long' }
    await expect(new Clock(-1).breathe()).rejects.toMatchObject(tooLong)
    await expect(new Clock(20).within(new Promise(() => undefined))).rejects.toMatchObject(tooLong)
    await expect(new Clock().within(Promise.resolve('in time'))).resolves.toBe('in time')
  })
})

describe('texts', () => {
  const cases: readonly Case[] = [
    ['beyond the limit', 'text', () => new Uint8Array(MAX_INPUT + 1), 'input_too_large'],
    ['of one line', 'text', () => fill('a line without an end ', MAX_INPUT), 'too_much_text'],
    ['of a million signs', 'text', () => fill('文字\n\n', 4 * MiB), 'too_much_text'],
    ['of one word', 'text', () => fill('a', MAX_INPUT), 'too_much_text'],
    ['of empty lines', 'text', () => fill('\n', MAX_INPUT), 'no_text'],
    ['of lines of one letter', 'text', () => fill('a\n\n', MAX_INPUT), 'too_much_text'],
    ['of noise', 'text', () => noise(MiB), 'type_mismatch'],
    [
      'of noise with a mark',
      'text',
      () => new Uint8Array([0xff, 0xfe, ...noise(MiB)]),
      'type_mismatch',
    ],
    ['of zeros', 'csv', () => new Uint8Array(MiB), 'type_mismatch'],
    [
      'of lone surrogates',
      'text',
      () => new Uint8Array([0xff, 0xfe, ...Array(2000).fill([0x00, 0xd8]).flat()]),
      'type_mismatch',
    ],
    [
      'CSV of a million columns',
      'csv',
      () => strToU8(`${'name,'.repeat(1_000_000)}\n${'1,'.repeat(1_000_000)}`),
      'too_much_text',
    ],
    [
      'CSV of a few hundred thousand columns',
      'csv',
      () => strToU8(`${'n,'.repeat(300_000)}\n${'1,'.repeat(300_000)}`),
      'text',
    ],
    ['CSV of commas', 'csv', () => fill(',', MAX_INPUT), 'too_much_text'],
    ['CSV of quotes', 'csv', () => fill('"', 8 * MiB), 'too_much_text'],
    ['CSV of cells with line breaks', 'csv', () => fill('"\n",', 8 * MiB), 'too_much_text'],
    [
      'CSV of quotes that are never closed',
      'csv',
      () => fill('"a,b\n"c" d,\n', 8 * MiB),
      'too_much_text',
    ],
    ['JSON of brackets', 'json', () => fill('[', 7_000_000), 'too_much_text'],
    ['JSON of empty objects', 'json', () => strToU8(`[${'{},'.repeat(2_000_000)}{}]`), 'no_text'],
    [
      'JSON of a million names',
      'json',
      () => strToU8(`{${Array.from({ length: 290_000 }, (_, at) => `"n${at}":${at}`).join()}}`),
      'text',
    ],
    ['JSON too long to be held', 'json', () => fill('{"a":1}\n', 9_000_000), 'too_much_text'],
    ['Markdown of brackets', 'markdown', () => fill('[', 300_000), 'text'],
    ['Markdown of comments', 'markdown', () => fill('a <!-- ', 300_000), 'text'],
    ['Markdown of stars', 'markdown', () => fill('*a **b _c ', 300_000), 'text'],
    ['Markdown of quotes', 'markdown', () => fill('>', 300_000), 'no_text'],
    ['Markdown of lists', 'markdown', () => fill('- ', 300_000), 'no_text'],
    ['Markdown of images', 'markdown', () => fill('![[](<', 300_000), 'text'],
    ['Markdown of definitions', 'markdown', () => fill('[a]: b\n', 300_000), 'text'],
    [
      'Markdown of columns',
      'markdown',
      () => strToU8(`${'|a'.repeat(30_000)}\n${'|-'.repeat(30_000)}\n${'|\n'.repeat(3_000)}`),
      'text',
    ],
    ['Markdown too long', 'markdown', () => fill('a\n\n', 6_000_000), 'too_much_text'],
  ]
  it.each(cases)(
    '%s',
    async (_, format, make, reason) => {
      expect(await judge(format, make())).toBe(reason)
    },
    30_000,
  )
})

describe('pages', () => {
  const cases: readonly Case[] = [
    ['of elements in elements', 'html', () => fill('<div>', MiB), 'broken_file'],
    ['of elements that are never closed', 'html', () => strToU8(`<b>x</i>`.repeat(3_000)), 'text'],
    [
      'of ends without beginnings',
      'html',
      () => strToU8(`${'<div>'.repeat(3_900)}${'</b>'.repeat(MiB)}text`),
      'text',
    ],
    [
      'of one tag with a million attributes',
      'html',
      () => strToU8(`<p ${Array.from({ length: 1_000_000 }, (_, at) => `a${at}`).join(' ')}>text`),
      'text',
    ],
    ['of one attribute', 'html', () => strToU8(`<p title="${'x'.repeat(20 * MiB)}">text`), 'text'],
    ['of one comment', 'html', () => strToU8(`text<!-- ${'x'.repeat(20 * MiB)}`), 'text'],
    ['of one tag that never ends', 'html', () => strToU8(`text<${'x'.repeat(20 * MiB)}`), 'text'],
    ['of ampersands', 'html', () => fill('&', 6 * MiB), 'too_much_text'],
    ['of tables in tables', 'html', () => strToU8(`${'<table><tr><td>x'.repeat(1_000)}`), 'text'],
    [
      'of rows of empty cells',
      'html',
      () => strToU8(`x<table><tr>${'<td>'.repeat(3 * MiB)}`),
      'text',
    ],
    ['of pieces that are not text', 'html', () => fill('<a href=x>', 20 * MiB), 'no_text'],
  ]
  it.each(cases)(
    '%s',
    async (_, format, make, reason) => {
      expect(await judge(format, make())).toBe(reason)
    },
    30_000,
  )

  it('have no entities but those of HTML', async () => {
    const laughs =
      '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/passwd">]><p>&a;&b;&amp;'
    const { blocks } = await extract(strToU8(laughs), 'html')
    expect(blocks.map(({ text }) => text).join()).toContain('&a;&b;&')
  })
})

describe('archives', () => {
  const document = (inner: string) => `<w:document><w:body>${inner}</w:body></w:document>`
  const p = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`

  const rootLinks = strToU8(relationshipsOf([{ id: 'r', kind: 'officeDocument', target: 'd.xml' }]))

  function archive(parts: Readonly<Record<string, Uint8Array>>): Uint8Array {
    return zipSync({ '_rels/.rels': rootLinks, ...parts })
  }

  /** Changes a field of the record of the last entry in the directory. */
  function patched(bytes: Uint8Array, field: number, value: number): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    let at = bytes.length - 22
    while (view.getUint32(at, true) !== 0x02014b50) at--
    view.setUint32(at + field, value, true)
    return bytes
  }

  const sound = () => archive({ 'd.xml': strToU8(document(p('text'))) })
  const many = (count: number) =>
    archive(
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`e${at}`, new Uint8Array()])),
    )

  const cases: readonly Case[] = [
    [
      'that inflate to too much',
      'docx',
      () => archive({ 'd.xml': new Uint8Array(65 * MiB).fill(32) }),
      'inflated_too_large',
    ],
    [
      'that lie about their size',
      'docx',
      () => patched(archive({ 'd.xml': new Uint8Array(65 * MiB).fill(32) }), 24, 10),
      'inflated_too_large',
    ],
    ['that lie a little', 'docx', () => patched(sound(), 24, 10), 'broken_file'],
    ['with another check sum', 'docx', () => patched(sound(), 16, 10), 'broken_file'],
    [
      'with a part that is all of the file',
      'docx',
      () => patched(sound(), 20, 1000),
      'broken_file',
    ],
    ['with a part that begins at another', 'docx', () => patched(sound(), 42, 0), 'broken_file'],
    [
      'with two parts of the same data',
      'docx',
      () => patched(archive({ 'd.xml': strToU8(document(p('text'))), copy: rootLinks }), 42, 0),
      'broken_file',
    ],
    ['with too many entries', 'docx', () => many(10_001), 'inflated_too_large'],
    [
      'with an entry that is encrypted',
      'docx',
      () => patched(sound(), 8, 1 | (8 << 16)),
      'encrypted',
    ],
    ['with an unknown compression', 'docx', () => patched(sound(), 8, 99 << 16), 'broken_file'],
    [
      'with a name twice',
      'docx',
      () => archive({ 'd.xml': strToU8(document(p('a'))), 'D.xml': strToU8('b') }),
      'broken_file',
    ],
    [
      'in archives',
      'docx',
      () => archive({ 'd.xml': zipSync({ 'd.xml': new Uint8Array(MiB) }) }),
      'broken_file',
    ],
    ['of noise', 'xlsx', () => new Uint8Array([0x50, 0x4b, 3, 4, ...noise(MiB)]), 'broken_file'],
    ['of ends', 'xlsx', () => fill('PK\x05\x06', MiB), 'broken_file'],
    ['without a main part', 'pptx', () => packageOf({}, 'nowhere.xml'), 'broken_file'],
    ['that lead to themselves', 'docx', () => packageOf({}, '_rels/.rels'), 'type_mismatch'],
    ['that lead out of themselves', 'docx', () => packageOf({}, '../../etc/passwd'), 'broken_file'],
    [
      'with entities',
      'docx',
      () =>
        archive({
          'd.xml': strToU8(
            `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${document(p('&b;'))}`,
          ),
        }),
      'broken_file',
    ],
    [
      'with entities of others',
      'xlsx',
      () => packageOf({ 'd.xml': '<!DOCTYPE x SYSTEM "http://a.example/"><workbook/>' }, 'd.xml'),
      'broken_file',
    ],
    ['of elements in elements', 'docx', () => docxOf('<w:x>'.repeat(100_000)), 'broken_file'],
    ['of elements without ends', 'docx', () => docxOf('<w:p><w:r><w:t>text</w:p>'), 'broken_file'],
    [
      'of tables in tables',
      'docx',
      () =>
        docxOf(
          '<w:tbl><w:tr><w:tc>'.repeat(1_000) + p('x') + '</w:tc></w:tr></w:tbl>'.repeat(1_000),
        ),
      'text',
    ],
    [
      'of cells',
      'docx',
      () => docxOf(`<w:tbl><w:tr>${'<w:tc/>'.repeat(5_000_000)}</w:tr></w:tbl>`),
      'broken_file',
    ],
    [
      'of paragraphs in a cell',
      'docx',
      () => docxOf(`<w:tbl><w:tr><w:tc>${p('x').repeat(400_000)}</w:tc></w:tr></w:tbl>`),
      'too_much_text',
    ],
    [
      'of one attribute',
      'docx',
      () => docxOf(`<w:p w:x="${'x'.repeat(50 * MiB)}"/>${p('x')}`),
      'broken_file',
    ],
    [
      'of attributes',
      'docx',
      () =>
        docxOf(
          `<w:p ${Array.from({ length: 2_000_000 }, (_, at) => `a${at}=""`).join(' ')}/>${p('x')}`,
        ),
      'text',
    ],
    [
      'of styles',
      'docx',
      () =>
        docxOf(p('x'), {
          styles: `<w:styles>${Array.from({ length: 20_000 }, (_, at) => `<w:style w:type="paragraph" w:styleId="${at}"/>`).join('')}</w:styles>`,
        }),
      'broken_file',
    ],
    [
      'of one string in many cells',
      'xlsx',
      () =>
        xlsxOf([`<row>${'<c t="s"><v>0</v></c>'.repeat(10_000)}</row>`], {
          strings: `<sst><si><t>${'x'.repeat(MiB)}</t></si></sst>`,
        }),
      'too_much_text',
    ],
    [
      'of strings',
      'xlsx',
      () => xlsxOf([''], { strings: `<sst>${'<si/>'.repeat(1_000_000)}</sst>` }),
      'too_much_text',
    ],
    [
      'of columns',
      'xlsx',
      () => xlsxOf([`<row>${'<c><v>1</v></c>'.repeat(20_000)}</row>`]),
      'broken_file',
    ],
    [
      'of far cells',
      'xlsx',
      () => xlsxOf(['<row><c r="ZZZ1"><v>1</v></c></row>'.repeat(1_000)]),
      'text',
    ],
    [
      'of sheets',
      'xlsx',
      () =>
        packageOf(
          { 'd.xml': `<workbook>${'<sheet name="a" r:id="r"/>'.repeat(MAX_PAGES + 1)}</workbook>` },
          'd.xml',
        ),
      'too_many_pages',
    ],
    [
      'of slides',
      'pptx',
      () => pptxOf(['<p:sp/>'], Array(MAX_PAGES + 1).fill(1)),
      'too_many_pages',
    ],
    [
      'of one slide many times',
      'pptx',
      () => pptxOf([`<p:sp><a:p><a:r><a:t>x</a:t></a:r></a:p></p:sp>`], Array(MAX_PAGES).fill(1)),
      'text',
    ],
  ]
  it.each(cases)(
    '%s',
    async (_, format, make, reason) => {
      expect(await judge(format, make())).toBe(reason)
    },
    30_000,
  )

  it.each(['report.docx', 'ledger.xlsx', 'talk.pptx'])(
    '%s cut anywhere is broken',
    async (name) => {
      const whole = fixture(name)
      for (let length = 4; length < whole.length; length += Math.ceil(whole.length / 50)) {
        expect(await judge(name.split('.')[1] as TextFormat, whole.slice(0, length))).toBe(
          'broken_file',
        )
      }
    },
  )

  it.each(['report.docx', 'ledger.xlsx', 'talk.pptx'])(
    '%s with broken bytes does no harm',
    async (name) => {
      const whole = fixture(name)
      for (let seed = 1; seed <= 60; seed++) {
        const bytes = whole.slice()
        for (const at of new Uint32Array(noise(40, seed).buffer))
          bytes[at % bytes.length]! ^= 1 << (seed % 8)
        const reason = await judge(name.split('.')[1] as TextFormat, bytes)
        expect(['text', ...UNREADABLE_REASONS]).toContain(reason)
      }
    },
  )
})

describe('PDF files', () => {
  const pageOf = (contents: string, resources = '') =>
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents ${contents}/Resources<<${resources}/Font<</F 4 0 R>>>>>>`
  const FONT = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'
  const pages = (tree: string, ...more: (string | Uint8Array)[]) =>
    pdfOfObjects(['<</Type/Catalog/Pages 2 0 R>>', tree, ...more])
  const onePage = (page: string, ...more: (string | Uint8Array)[]) =>
    pages('<</Type/Pages/Count 1/Kids[3 0 R]>>', page, FONT, ...more)
  const bomb = () => zlibSync(new Uint8Array(40 * MiB).fill(32))
  const say = (text: string) => streamOf('', latin(`BT /F 12 Tf (${text}) Tj ET`))
  const form = (content: string, entries: string) =>
    streamOf(
      `/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<${entries}/Font<</F 4 0 R>>>>`,
      latin(content),
    )

  /** Each code is the one that it makes itself: a byte more than the one before. The last of all is 3,839 bytes, again and again. */
  function lzwBomb(): Uint8Array {
    const newest = Array.from({ length: 3838 }, (_, at) => at + 258)
    const codes = [256, 32, ...newest, ...Array<number>(20_000).fill(4095)]
    let bits = ''
    const bytes: number[] = []
    for (const [at, code] of codes.entries()) {
      const next = 257 + at
      bits += code
        .toString(2)
        .padStart(next >= 2048 ? 12 : next >= 1024 ? 11 : next >= 512 ? 10 : 9, '0')
      for (; bits.length >= 8; bits = bits.slice(8)) bytes.push(parseInt(bits.slice(0, 8), 2))
    }
    return Uint8Array.from(bytes)
  }

  const cases: readonly Case[] = [
    [
      'whose pages lead in a circle',
      'pdf',
      () => pages('<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]>>'),
      'broken_file',
    ],
    [
      'whose page is its own parent',
      'pdf',
      () => onePage('<</Type/Page/Parent 3 0 R/Contents 5 0 R>>', say('x')),
      'text',
    ],
    [
      'that claim a billion pages',
      'pdf',
      () => pages('<</Type/Pages/Count 1000000000/Kids[3 0 R]>>', pageOf('5 0 R'), FONT, say('x')),
      'text',
    ],
    [
      'with too many pages',
      'pdf',
      () => pdfOf(Array.from({ length: MAX_PAGES + 1 }, () => [])),
      'too_many_pages',
    ],
    ['without pages', 'pdf', () => pages('<</Type/Pages/Count 0/Kids[]>>'), 'broken_file'],
    [
      'whose page is a bomb',
      'pdf',
      () => onePage(pageOf('5 0 R'), streamOf('/Filter/FlateDecode', bomb())),
      'inflated_too_large',
    ],
    [
      'whose bomb is called an image',
      'pdf',
      () => onePage(pageOf('5 0 R'), streamOf('/Filter/FlateDecode/Subtype/Image', bomb())),
      'no_text',
    ],
    [
      'whose text is called an image',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R'),
          streamOf('/Filter/FlateDecode/Subtype/Image', zlibSync(latin('BT /F 12 Tf (x) Tj ET'))),
        ),
      'no_text',
    ],
    [
      'whose bomb is not called anything',
      'pdf',
      () => onePage(pageOf('5 0 R'), streamOf('', bomb())),
      'inflated_too_large',
    ],
    [
      'whose bomb has no length',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R'),
          Buffer.concat([latin('<</Filter/FlateDecode>>\nstream\n'), bomb(), latin('\nendstream')]),
        ),
      'inflated_too_large',
    ],
    [
      'whose bomb has a bomb in it',
      'pdf',
      () =>
        onePage(pageOf('5 0 R'), streamOf('/Filter[/FlateDecode/FlateDecode]', zlibSync(bomb()))),
      'inflated_too_large',
    ],
    [
      'whose bomb is in letters',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R'),
          streamOf('/Filter[/AHx/Fl]', latin(Buffer.from(bomb()).toString('hex'))),
        ),
      'inflated_too_large',
    ],
    [
      'whose bomb is disguised',
      'pdf',
      () => onePage(pageOf('5 0 R'), streamOf('/Filter/#46lateDecode', bomb())),
      'broken_file',
    ],
    [
      'whose filter is elsewhere',
      'pdf',
      () => onePage(pageOf('5 0 R'), streamOf('/Filter 6 0 R', bomb()), '/FlateDecode'),
      'broken_file',
    ],
    [
      'whose bomb makes runs',
      'pdf',
      () =>
        onePage(pageOf('5 0 R'), streamOf('/Filter/RunLengthDecode', latin('\x81x'.repeat(MiB)))),
      'inflated_too_large',
    ],
    [
      'whose bomb is of codes',
      'pdf',
      () => onePage(pageOf('5 0 R'), streamOf('/Filter/LZWDecode', lzwBomb())),
      'inflated_too_large',
    ],
    [
      'with an image as large as a house',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R'),
          streamOf(
            '/Filter/CCITTFaxDecode/DecodeParms<</Columns 99999999/Rows 99999>>',
            latin('x'),
          ),
        ),
      'broken_file',
    ],
    [
      'with streams in streams',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R'),
          streamOf(
            '/Type/ObjStm/N 1/First 4/Filter/FlateDecode',
            zlibSync(latin('9 0 <</Length 1>> stream\nx')),
          ),
        ),
      'broken_file',
    ],
    [
      'whose form draws itself',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R', '/XObject<</X 6 0 R>>'),
          streamOf('', latin('/X Do')),
          form('BT /F 12 Tf (x) Tj ET /X Do /X Do', '/XObject<</X 6 0 R>>'),
        ),
      'text',
    ],
    [
      'whose forms draw each other again and again',
      'pdf',
      () =>
        onePage(
          pageOf('5 0 R', '/XObject<</X 6 0 R>>'),
          streamOf('', latin('/X Do '.repeat(9))),
          ...Array.from({ length: 12 }, (_, at) =>
            form(
              `BT /F 12 Tf (${'laugh '.repeat(700)}) Tj ET ${'/X Do '.repeat(10)}`,
              `/XObject<</X ${at + 7} 0 R>>`,
            ),
          ),
        ),
      'too_much_text|took_too_long',
    ],
    [
      'of the word that begins a stream',
      'pdf',
      () => latin(`%PDF-1.7\n${'stream\n'.repeat(200_000)}`),
      'broken_file',
    ],
    ['of brackets', 'pdf', () => latin(`%PDF-1.7\n1 0 obj\n${'<<'.repeat(MiB)}`), 'broken_file'],
    ['of arrays', 'pdf', () => onePage(`${'['.repeat(MiB)}`), 'broken_file'],
    [
      'whose tables of objects lead in a circle',
      'pdf',
      () =>
        latin(
          '%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Prev 9>>\nstartxref\n9\n%%EOF',
        ),
      'broken_file',
    ],
    [
      'of noise',
      'pdf',
      () => new Uint8Array([...latin('%PDF-1.7\n'), ...noise(4 * MiB)]),
      'broken_file',
    ],
  ]
  it.each(cases)(
    '%s',
    async (_, format, make, reasons) => {
      expect(reasons.split('|')).toContain(await judge(format, make()))
    },
    40_000,
  )

  it.each(['report.pdf', 'web.pdf', 'restricted.pdf'])(
    '%s cut anywhere does no harm',
    async (name) => {
      const whole = fixture(name)
      for (let length = 9; length < whole.length; length += Math.ceil(whole.length / 40)) {
        const reason = await judge('pdf', whole.slice(0, length))
        expect(['text', ...UNREADABLE_REASONS]).toContain(reason)
      }
    },
    40_000,
  )

  it.each(['report.pdf', 'web.pdf'])(
    '%s with broken bytes does no harm',
    async (name) => {
      const whole = fixture(name)
      for (let seed = 1; seed <= 40; seed++) {
        const bytes = whole.slice()
        for (const at of new Uint32Array(noise(80, seed).buffer))
          bytes[at % bytes.length]! ^= 1 << (seed % 8)
        expect(['text', ...UNREADABLE_REASONS]).toContain(await judge('pdf', bytes))
      }
    },
    40_000,
  )

  it('whose bomb is an image are read', async () => {
    const page = pageOf('6 0 R', '/XObject<</I 5 0 R>>')
    const image = streamOf('/Subtype/Image/Width 9/Height 9/Filter/FlateDecode', bomb())
    expect(await judge('pdf', onePage(page, image, say('text')))).toBe('text')
  })
})
