// Makes office files of parts that a test writes.
import { strToU8, zipSync } from 'fflate'

const TYPE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

export interface Link {
  readonly id: string
  readonly kind: string
  readonly target: string
}

export function relationshipsOf(links: readonly Link[]): string {
  const all = links.map(
    ({ id, kind, target }) =>
      `<Relationship Id="${id}" Type="${TYPE}/${kind}" Target="${target}"/>`,
  )
  return `<?xml version="1.0"?><Relationships>${all.join('')}</Relationships>`
}

/** An archive of parts, by name. Its root leads to `main` if there is one. */
export function packageOf(parts: Readonly<Record<string, string>>, main?: string): Uint8Array {
  const links = main === undefined ? [] : [{ id: 'r', kind: 'officeDocument', target: main }]
  const all = { '_rels/.rels': relationshipsOf(links), ...parts }
  return zipSync(
    Object.fromEntries(Object.entries(all).map(([name, text]) => [name, strToU8(text)])),
  )
}

export function docxOf(body: string, { styles }: { readonly styles?: string } = {}): Uint8Array {
  const links = styles === undefined ? [] : [{ id: 's', kind: 'styles', target: 'styles.xml' }]
  return packageOf(
    {
      'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="w"><w:body>${body}</w:body></w:document>`,
      'word/_rels/document.xml.rels': relationshipsOf(links),
      ...(styles !== undefined && { 'word/styles.xml': styles }),
    },
    'word/document.xml',
  )
}

interface WorkbookParts {
  readonly styles?: string
  readonly strings?: string
  readonly properties?: string
}

/** @param sheets the rows of each */
export function xlsxOf(sheets: readonly string[], parts: WorkbookParts = {}): Uint8Array {
  const { styles = '<styleSheet/>', strings = '<sst/>', properties = '' } = parts
  const named = sheets.map(
    (_, at) => `<sheet name="Sheet ${at + 1}" sheetId="${at + 1}" r:id="r${at}"/>`,
  )
  const links = sheets.map((_, at) => ({
    id: `r${at}`,
    kind: 'worksheet',
    target: `/xl/s${at}.xml`,
  }))
  return packageOf(
    {
      'xl/workbook.xml': `<workbook>${properties}<sheets>${named.join('')}</sheets></workbook>`,
      'xl/_rels/workbook.xml.rels': relationshipsOf([
        ...links,
        { id: 'x', kind: 'styles', target: 'styles.xml' },
        { id: 'y', kind: 'sharedStrings', target: 'sharedStrings.xml' },
      ]),
      'xl/styles.xml': styles,
      'xl/sharedStrings.xml': strings,
      ...Object.fromEntries(
        sheets.map((rows, at) => [
          `xl/s${at}.xml`,
          `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
        ]),
      ),
    },
    'xl/workbook.xml',
  )
}

/**
 * @param slides the shapes of each
 * @param order their numbers, from 1
 */
export function pptxOf(slides: readonly string[], order: readonly number[]): Uint8Array {
  const ids = order.map((number, at) => `<p:sldId id="${at + 256}" r:id="r${number}"/>`)
  const links = slides.map((_, at) => ({
    id: `r${at + 1}`,
    kind: 'slide',
    target: `slides/s${at + 1}.xml`,
  }))
  return packageOf(
    {
      'ppt/presentation.xml': `<p:presentation><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`,
      'ppt/_rels/presentation.xml.rels': relationshipsOf(links),
      ...Object.fromEntries(
        slides.map((shapes, at) => [
          `ppt/slides/s${at + 1}.xml`,
          `<p:sld><p:spTree>${shapes}</p:spTree></p:sld>`,
        ]),
      ),
    },
    'ppt/presentation.xml',
  )
}
