// What is read of Word documents, workbooks and presentations: files that LibreOffice wrote, and parts that others write differently.
import { readFileSync } from 'node:fs'
import { zipSync, strToU8 } from 'fflate'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../src/knowledge/extract/block.ts'
import { extract } from '../../src/knowledge/extract/extract.ts'
import type { TextFormat } from '../../src/knowledge/extract/formats.ts'
import { docxOf, packageOf, pptxOf, xlsxOf } from './office-files.ts'

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url)))

const MARKS = { heading: '#', paragraph: 'p', list_item: '-', table_row: '|', code: '`' }

function show({ kind, level, text, page }: Block): string {
  return `${page === undefined ? '' : `${page} `}${MARKS[kind]}${level ?? ''} ${text}`
}

async function read(format: TextFormat, bytes: Uint8Array): Promise<string[]> {
  return (await extract(bytes, format)).blocks.map(show)
}

describe('Word documents', () => {
  it('of LibreOffice', async () => {
    const { blocks, title } = await extract(fixture('report.docx'), 'docx')
    expect(title).toBe('Harbour report')
    expect(blocks.map(show)).toEqual([
      '#1 Harbour report',
      'p This report says what the slipway in Lübeck needs before winter, in words that are long enough to be broken into several lines on a small page.',
      '#2 Größe und Maße',
      'p Übergröße: the cradle carries ships of forty tonnes.',
      '- Grease the rails',
      '- Check the winch',
      '#1 Second page: tides',
      'p The quartz heron nests under pier seven. 東京湾の潮汐表 🚢 follows.',
      '| Port | High water | Height',
      '| Travemünde | 06:40 | 0.3 m',
      'p A box beside the text',
      'p Below the table.',
      '#1 Third page: crew',
      'p Everybody wears a vermilion lifejacket.',
      'p Measured at the brazen capstan.',
      'p Harbour authority, for internal use',
    ])
  })

  it('leave out what was deleted or moved, commands of fields, other branches and hidden text', async () => {
    const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`
    const body = `
      <w:p><w:del>${run('no').replaceAll('w:t', 'w:delText')}</w:del><w:moveFrom>${run('no')}</w:moveFrom><w:ins>${run('new ')}</w:ins>${run('text')}</w:p>
      <w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE no</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>${run('7')}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>
      <w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:txbxContent><w:p>${run('box')}</w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p>${run('box')}</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>${run('around')}</w:p>
      <w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>
      <w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>no</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen</w:t></w:r></w:p>
      <w:p><w:hyperlink r:id="x">${run('a link')}</w:hyperlink></w:p>
      <w:p><w:r><w:ruby><w:rt>${run('no')}</w:rt><w:rubyBase>${run('東京')}</w:rubyBase></w:ruby></w:r></w:p>`
    expect(await read('docx', docxOf(body))).toEqual([
      'p new text',
      'p 7',
      'p box',
      'p around',
      'p a b c-d',
      'p seen',
      'p a link',
      'p 東京',
    ])
  })

  it('have headings by name, outline level and what a style is based on', async () => {
    const style = (id: string, inner: string) =>
      `<w:style w:type="paragraph" w:styleId="${id}">${inner}</w:style>`
    const styles = `<w:styles xmlns:w="w">
      ${style('berschrift2', '<w:name w:val="Überschrift 2"/>')}
      ${style('a', '<w:name w:val="heading 3"/>')}
      ${style('b', '<w:name w:val="Chapter"/><w:basedOn w:val="a"/>')}
      ${style('c', '<w:name w:val="Mine"/><w:pPr><w:outlineLvl w:val="4"/></w:pPr>')}
      ${style('d', '<w:name w:val="No more"/><w:basedOn w:val="a"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr>')}
      ${style('e', '<w:name w:val="List"/><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr>')}
      ${style('f', '<w:name w:val="toc 1"/>')}
      ${style('g', '<w:name w:val="Loop"/><w:basedOn w:val="h"/>')}${style('h', '<w:name w:val="Loop 2"/><w:basedOn w:val="g"/>')}
    </w:styles>`
    const ids = ['berschrift2', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'unknown']
    const body = ids.map(
      (id) => `<w:p><w:pPr><w:pStyle w:val="${id}"/></w:pPr><w:r><w:t>${id}</w:t></w:r></w:p>`,
    )
    expect(await read('docx', docxOf(body.join(''), { styles }))).toEqual([
      '#2 berschrift2',
      '#3 a',
      '#3 b',
      '#5 c',
      'p d',
      '- e',
      'p g',
      'p unknown',
    ])
  })

  it('have tables within tables, and layout that is no table', async () => {
    const p = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`
    const table = (...rows: string[][]) =>
      `<w:tbl>${rows.map((row) => `<w:tr>${row.map((cell) => `<w:tc>${cell}</w:tc>`).join('')}</w:tr>`).join('')}</w:tbl>`
    const inner = table([p('x'), p('y')])
    const body =
      table([p('a') + p('b'), p('c')], [p('left'), inner + p('right')]) +
      table([p('one') + p('two')])
    expect(await read('docx', docxOf(body))).toEqual([
      '| a b | c',
      'p left',
      '| x | y',
      'p right',
      'p one',
      'p two',
    ])
  })
})

describe('workbooks', () => {
  it('of LibreOffice', async () => {
    const { blocks, title } = await extract(fixture('ledger.xlsx'), 'xlsx')
    expect(title).toBe('Harbour ledger')
    expect(blocks.map(show)).toEqual([
      '#1 Fees 2026',
      '| Ship | Arrived | Fee | Paid | Share',
      '| Möwe 🚢 | 2026-04-20 | 1250.5 | TRUE | 12.5%',
      '| 東京丸 | 2026-05-01 06:40 | 2501',
      '| | far away',
      '#1 Notes',
      '| The cobalt anchor is in the hidden sheet',
      '#1 Größen',
      '| Last sheet',
    ])
  })

  it('show values as their cells do', async () => {
    const styles = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-407]d/\\m&quot;x&quot;"/><numFmt numFmtId="165" formatCode="[h]:mm"/><numFmt numFmtId="166" formatCode="0.0 &quot;days&quot;"/><numFmt numFmtId="167" formatCode="[Red]0%;0"/></numFmts>
      <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
      <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/></cellXfs></styleSheet>`
    const cell = (style: number, value: string, type = 'n') =>
      `<c s="${style}" t="${type}"><v>${value}</v></c>`
    const rows = [
      cell(0, '0.30000000000000004') + cell(0, '1E+21') + cell(0, 'odd'),
      cell(1, '45000') + cell(1, '59') + cell(1, '61') + cell(1, '-1') + cell(1, '1e300'),
      cell(2, '45000.75') + cell(3, '0.27777777777777779') + cell(3, '0.5000115741'),
      cell(4, '45000') + cell(5, '1.5') + cell(6, '2') + cell(7, '0.07'),
      cell(0, '1', 'b') +
        cell(0, '#N/A', 'e') +
        cell(0, 'formula', 'str') +
        cell(0, '2026-04-20', 'd'),
      '<c t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r><rPh><t>no</t></rPh></is></c><c><f>A1+1</f><v>3</v></c>',
      '<c r="C9" t="s"><v>0</v></c><c t="s"><v>99</v></c><c r="F9" t="s"><v>1</v></c>',
    ]
    const strings =
      '<sst><si><t>shared &lt;1&gt;</t><rPh><t>no</t></rPh></si><si><r><t>in </t></r><r><t>runs</t></r></si></sst>'
    const sheet = rows.map((row) => `<row>${row}</row>`).join('')
    expect(await read('xlsx', xlsxOf([sheet], { styles, strings }))).toEqual([
      '#1 Sheet 1',
      '| 0.3 | 1e+21 | odd',
      '| 2023-03-15 | 1900-02-28 | 1900-03-01 | -1 | 1e+300',
      '| 2023-03-15 18:00 | 06:40 | 12:00:01',
      '| 2023-03-15 | 36:00:00 | 2 | 7%',
      '| TRUE | | formula | 2026-04-20',
      '| rich text | 3',
      '| | | shared <1> | | | in runs',
    ])
  })

  it('have days from 1904 where they say so, and any prefix', async () => {
    const styles = '<x:styleSheet><x:cellXfs><x:xf numFmtId="14"/></x:cellXfs></x:styleSheet>'
    const sheet = '<x:row><x:c s="0"><x:v>0</x:v></x:c></x:row>'
    const bytes = xlsxOf([sheet], { styles, properties: '<workbookPr date1904="1"/>' })
    expect(await read('xlsx', bytes)).toEqual(['#1 Sheet 1', '| 1904-01-01'])
  })
})

describe('presentations', () => {
  it('of LibreOffice', async () => {
    const { blocks, title } = await extract(fixture('talk.pptx'), 'pptx')
    expect(title).toBe('Harbour talk')
    expect(blocks.map(show)).toEqual([
      '1 #1 Harbour talk',
      '1 - Übersicht for everybody',
      '1 - 東京湾 🚢',
      '1 p Greet the amber pilot first',
      '2 #1 Second slide: tides',
      '2 p A free box with a saffron buoy',
      '2 | Port | High water',
      '2 | Travemünde | 06:40',
    ])
  })

  it('have their slides in the order of the presentation, without numbers and footers', async () => {
    const shape = (type: string, text: string) =>
      `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r><a:br/><a:r><a:t>more</a:t></a:r></a:p></p:txBody></p:sp>`
    const slides = [
      shape('ctrTitle', 'One'),
      shape('sldNum', 'no') + shape('ftr', 'no') + shape('subTitle', 'Two'),
    ]
    expect(await read('pptx', pptxOf(slides, [2, 1]))).toEqual(['1 p Two more', '2 #1 One more'])
  })
})

describe('files of another kind', () => {
  it.each([
    ['a document', fixture('report.docx'), 'xlsx'],
    ['a workbook', fixture('ledger.xlsx'), 'pptx'],
    ['a presentation', fixture('talk.pptx'), 'docx'],
    ['a document of Word 97', fixture('old-word.docx'), 'docx'],
    ['an archive', zipSync({ 'a.txt': strToU8('text') }), 'docx'],
    ['an archive with other relationships', packageOf({}), 'docx'],
    ['text', strToU8('text'), 'docx'],
    ['a document', fixture('report.docx'), 'text'],
  ] as const)('%s is not the %3$s that it should be', async (_, bytes, format) => {
    await expect(extract(bytes, format)).rejects.toMatchObject({ reason: 'type_mismatch' })
  })

  it('with a password are encrypted', async () => {
    const container = new Uint8Array(4096)
    container.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
    const name = Array.from('EncryptedPackage', (char) => [char.charCodeAt(0), 0]).flat()
    container.set(name, 1024 + 128)
    await expect(extract(container, 'docx')).rejects.toMatchObject({ reason: 'encrypted' })
  })
})
