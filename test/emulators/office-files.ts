// Makes small documents that are real files of their formats: what vendors export, and what tests put into drives.
import { crc32, deflateSync } from 'node:zlib'
import { zipOf, type ZipEntry } from './zip-file.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const RELS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const DOC_RELS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const OOXML = 'application/vnd.openxmlformats-officedocument'
export const DOCX = `${OOXML}.wordprocessingml.document`
export const XLSX = `${OOXML}.spreadsheetml.sheet`
export const PPTX = `${OOXML}.presentationml.presentation`

/** Whether documents of a media type are made here. */
export const isOffice = (type: string) => [DOCX, XLSX, PPTX].includes(type)

/**
 * A document of these lines. One that begins with `# ` is a heading: of a section, a sheet or a slide. Tabs part the cells of a row.
 * @param size bytes of the whole, where it is to be larger: the rest is a picture that nothing shows
 */
export function officeFile(type: string, lines: readonly string[], size = 0): Buffer {
  const entries = type === DOCX ? docx(lines) : type === XLSX ? xlsx(lines) : pptx(lines)
  const own = zipOf(entries)
  if (own.length >= size) return own
  const name = 'media/photo.jpg'
  const picture = Buffer.alloc(size - zipOf([...entries, [name, '']]).length, 'photo')
  return zipOf([...entries, [name, picture]])
}

function docx(lines: readonly string[]): ZipEntry[] {
  const w = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
  const body = lines.map((line) => {
    const heading = isHeading(line) ? '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' : ''
    return `<w:p>${heading}<w:r><w:t xml:space="preserve">${escape(textOf(line))}</w:t></w:r></w:p>`
  })
  const main = `${OOXML}.wordprocessingml`
  return [
    contentTypes({
      '/word/document.xml': `${main}.document.main+xml`,
      '/word/styles.xml': `${main}.styles+xml`,
    }),
    ['_rels/.rels', relations([['officeDocument', 'word/document.xml']])],
    ['word/_rels/document.xml.rels', relations([['styles', 'styles.xml']])],
    [
      'word/styles.xml',
      `${HEAD}<w:styles xmlns:w="${w}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>`,
    ],
    [
      'word/document.xml',
      `${HEAD}<w:document xmlns:w="${w}"><w:body>${body.join('')}</w:body></w:document>`,
    ],
  ]
}

function xlsx(lines: readonly string[]): ZipEntry[] {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const sheets = sections(lines, 'Sheet1')
  const strings: string[] = []
  const cell = (text: string) => `<c t="s"><v>${strings.push(text) - 1}</v></c>`
  const files = sheets.map(({ rows }, at): ZipEntry => {
    const data = rows.map((row) => `<row>${row.split('\t').map(cell).join('')}</row>`).join('')
    return [
      `xl/worksheets/sheet${at + 1}.xml`,
      `${HEAD}<worksheet xmlns="${main}"><sheetData>${data}</sheetData></worksheet>`,
    ]
  })
  const listed = sheets.map(
    ({ title }, at) => `<sheet name="${escape(title)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`,
  )
  const shared = strings.map((text) => `<si><t xml:space="preserve">${escape(text)}</t></si>`)
  const type = `${OOXML}.spreadsheetml`
  return [
    contentTypes({
      '/xl/workbook.xml': `${type}.sheet.main+xml`,
      '/xl/sharedStrings.xml': `${type}.sharedStrings+xml`,
      ...Object.fromEntries(files.map(([name]) => [`/${name}`, `${type}.worksheet+xml`])),
    }),
    ['_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']])],
    [
      'xl/_rels/workbook.xml.rels',
      relations([
        ...files.map(([name]) => ['worksheet', name.replace('xl/', '')] as const),
        ['sharedStrings', 'sharedStrings.xml'],
      ]),
    ],
    [
      'xl/workbook.xml',
      `${HEAD}<workbook xmlns="${main}" xmlns:r="${DOC_RELS}"><sheets>${listed.join('')}</sheets></workbook>`,
    ],
    [
      'xl/sharedStrings.xml',
      `${HEAD}<sst xmlns="${main}" count="${strings.length}" uniqueCount="${strings.length}">${shared.join('')}</sst>`,
    ],
    ...files,
  ]
}

function pptx(lines: readonly string[]): ZipEntry[] {
  const names = `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="${DOC_RELS}"`
  const text = (rows: readonly string[]) =>
    rows.map((row) => `<a:p><a:r><a:t>${escape(row)}</a:t></a:r></a:p>`).join('')
  const shape = (id: number, type: string, rows: readonly string[]) =>
    `<p:sp><p:nvSpPr><p:cNvPr id="${id}" name="${type} ${id}"/><p:cNvSpPr/><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>${text(rows)}</p:txBody></p:sp>`
  const tree = (shapes: string) =>
    `<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>${shapes}</p:spTree></p:cSld>`
  const slides = sections(lines, 'Slide').map(({ title, rows }, at): ZipEntry => [
    `ppt/slides/slide${at + 1}.xml`,
    `${HEAD}<p:sld ${names}>${tree(shape(2, 'title', [title]) + shape(3, 'body', rows))}</p:sld>`,
  ])
  const type = `${OOXML}.presentationml`
  const layout = relations([['slideLayout', '../slideLayouts/slideLayout1.xml']])
  const ids = slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="rId${at + 1}"/>`)
  const map =
    '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>'
  return [
    contentTypes({
      '/ppt/presentation.xml': `${type}.presentation.main+xml`,
      '/ppt/slideMasters/slideMaster1.xml': `${type}.slideMaster+xml`,
      '/ppt/slideLayouts/slideLayout1.xml': `${type}.slideLayout+xml`,
      '/ppt/theme/theme1.xml': `${OOXML}.theme+xml`,
      ...Object.fromEntries(slides.map(([name]) => [`/${name}`, `${type}.slide+xml`])),
    }),
    ['_rels/.rels', relations([['officeDocument', 'ppt/presentation.xml']])],
    [
      'ppt/_rels/presentation.xml.rels',
      relations([
        ...slides.map(([name]) => ['slide', name.replace('ppt/', '')] as const),
        ['slideMaster', 'slideMasters/slideMaster1.xml'],
      ]),
    ],
    [
      'ppt/presentation.xml',
      `${HEAD}<p:presentation ${names}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId${slides.length + 1}"/></p:sldMasterIdLst><p:sldIdLst>${ids.join('')}</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`,
    ],
    [
      'ppt/slideMasters/_rels/slideMaster1.xml.rels',
      relations([
        ['slideLayout', '../slideLayouts/slideLayout1.xml'],
        ['theme', '../theme/theme1.xml'],
      ]),
    ],
    [
      'ppt/slideMasters/slideMaster1.xml',
      `${HEAD}<p:sldMaster ${names}>${tree('')}${map}<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>`,
    ],
    [
      'ppt/slideLayouts/_rels/slideLayout1.xml.rels',
      relations([['slideMaster', '../slideMasters/slideMaster1.xml']]),
    ],
    [
      'ppt/slideLayouts/slideLayout1.xml',
      `${HEAD}<p:sldLayout ${names}>${tree('')}<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>`,
    ],
    ['ppt/theme/theme1.xml', THEME],
    ...slides.flatMap(([name, content]): ZipEntry[] => [
      [name, content],
      [name.replace('slides/', 'slides/_rels/') + '.rels', layout],
    ]),
  ]
}

const COLORS = ['dk1', 'lt1', 'dk2', 'lt2', 'hlink', 'folHlink'].concat(
  [1, 2, 3, 4, 5, 6].map((number) => `accent${number}`),
)
const FONT = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
const FILL = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
const EFFECT = '<a:effectStyle><a:effectLst/></a:effectStyle>'
const THEME = `${HEAD}<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Plain"><a:themeElements><a:clrScheme name="Plain">${COLORS.map((name) => `<a:${name}><a:srgbClr val="${name.startsWith('lt') ? 'FFFFFF' : '202020'}"/></a:${name}>`).join('')}</a:clrScheme><a:fontScheme name="Plain"><a:majorFont>${FONT}</a:majorFont><a:minorFont>${FONT}</a:minorFont></a:fontScheme><a:fmtScheme name="Plain"><a:fillStyleLst>${FILL.repeat(3)}</a:fillStyleLst><a:lnStyleLst>${`<a:ln>${FILL}</a:ln>`.repeat(3)}</a:lnStyleLst><a:effectStyleLst>${EFFECT.repeat(3)}</a:effectStyleLst><a:bgFillStyleLst>${FILL.repeat(3)}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>`

/** A page of plain text for each heading. Lines must be ASCII. Source: ISO 32000-1, sections 7.5 and 9.4. */
export function pdfFile(lines: readonly string[]): Buffer {
  const pages = sections(lines, '')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, at) => `${4 + 2 * at} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ]
  pages.forEach(({ title, rows }, at) => {
    const shown = [title, ...rows].filter((row) => row !== '')
    const text = shown.map((row) => `(${row.replace(/[\\()]/g, '\\$&')}) Tj T*`).join('\n')
    const stream = `BT /F1 12 Tf 14 TL 72 720 Td\n${text}\nET`
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * at} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    )
  })
  let body = '%PDF-1.4\n'
  const places = objects.map((object, at) => {
    const place = body.length
    body += `${at + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`
  return Buffer.from(body + table + trailer, 'latin1')
}

/** One white pixel, and a title that nobody sees. Source: the PNG specification, sections 5 and 11.3.4.3. */
export function pngFile(title = 'white'): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, sum])
  }
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from(`Title\0${title}`, 'latin1')),
    chunk('IDAT', deflateSync(Buffer.from([0, 255]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const isHeading = (line: string) => line.startsWith('# ')
const textOf = (line: string) => line.replace(/^# /, '')

/** The lines below each heading; those before the first stand below `untitled`. */
function sections(
  lines: readonly string[],
  untitled: string,
): { readonly title: string; readonly rows: string[] }[] {
  const found: { title: string; rows: string[] }[] = []
  for (const line of lines) {
    if (isHeading(line)) found.push({ title: textOf(line), rows: [] })
    else if (found.length === 0) found.push({ title: untitled, rows: [line] })
    else found.at(-1)?.rows.push(line)
  }
  return found
}

function contentTypes(parts: Readonly<Record<string, string>>): ZipEntry {
  const defaults = {
    rels: 'application/vnd.openxmlformats-package.relationships+xml',
    xml: 'application/xml',
    jpg: 'image/jpeg',
  }
  const known = Object.entries(defaults).map(
    ([ending, type]) => `<Default Extension="${ending}" ContentType="${type}"/>`,
  )
  const own = Object.entries(parts).map(
    ([name, type]) => `<Override PartName="${name}" ContentType="${type}"/>`,
  )
  return [
    '[Content_Types].xml',
    `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${[...known, ...own].join('')}</Types>`,
  ]
}

function relations(targets: readonly (readonly [type: string, target: string])[]): string {
  const all = targets.map(
    ([type, target], at) =>
      `<Relationship Id="rId${at + 1}" Type="${DOC_RELS}/${type}" Target="${target}"/>`,
  )
  return `${HEAD}<Relationships xmlns="${RELS}">${all.join('')}</Relationships>`
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
