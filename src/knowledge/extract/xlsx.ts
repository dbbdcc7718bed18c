// Workbooks: each sheet in its place, hidden ones too, with the values that its cells show. ECMA-376-1, 18 (SpreadsheetML).
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_PAGES } from './limits.ts'
import type { Attributes } from './markup-reader.ts'
import { oneBranchOf } from './office-branch.ts'
import { OfficePackage, type Relationship } from './office-package.ts'
import { Unreadable } from './unreadable.ts'
import { readNumberFormats } from './xlsx-formats.ts'
import { SHEET_ATTRIBUTES, SheetText } from './xlsx-sheet.ts'
import { readSharedStrings } from './xlsx-strings.ts'

const KINDS = new Set(['worksheet', 'sharedStrings', 'styles'])

/** Phonetic guides, and the formulas whose values are read. */
const SKIPPED = new Set(['rPh', 'f', 'extLst'])

export async function readXlsx(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<string | undefined> {
  const file = await OfficePackage.open(bytes, clock)
  const workbook = await readWorkbook(file)
  const parts = await file.relationships(file.main, KINDS)
  const ofKind = (kind: string) => parts.find((part) => part.kind === kind)?.target
  const strings = await readSharedStrings(file, ofKind('sharedStrings'))
  const formats = await readNumberFormats(file, ofKind('styles'), workbook.isFrom1904)
  const read = new Set<string>()
  for (const { name, id } of workbook.sheets) {
    const part = findSheet(parts, id)
    // Two sheets of one part would be the same text twice.
    if (part === undefined || read.has(part)) continue
    read.add(part)
    writer.heading(1, name)
    const sheet = new SheetText(strings, formats, (cells) => writer.row(cells))
    await file.read(part, oneBranchOf(sheet, SKIPPED), SHEET_ATTRIBUTES)
  }
  return file.title()
}

interface Workbook {
  readonly sheets: readonly { readonly name: string; readonly id: string }[]
  readonly isFrom1904: boolean
}

async function readWorkbook(file: OfficePackage): Promise<Workbook> {
  const sheets: { name: string; id: string }[] = []
  let isFrom1904 = false
  const handler = {
    open: (name: string, attributes: Attributes) => {
      if (name === 'workbookPr') isFrom1904 = isTrue(attributes.get('date1904'))
      if (name !== 'sheet') return
      sheets.push({ name: attributes.get('name') ?? '', id: attributes.get(':id') ?? '' })
      if (sheets.length > MAX_PAGES) throw new Unreadable('too_many_pages')
    },
    close: () => undefined,
    text: () => undefined,
  }
  const attributes = new Set(['name', ':id', 'date1904'])
  await file.read(file.main, oneBranchOf(handler, new Set(), 'workbook'), attributes)
  return { sheets, isFrom1904 }
}

function findSheet(parts: readonly Relationship[], id: string): string | undefined {
  return parts.find((part) => part.kind === 'worksheet' && part.id === id)?.target
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true'
}
