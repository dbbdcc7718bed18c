// Word documents: body, notes, and what headers and footers say, once. ECMA-376-1, 17 (WordprocessingML).
import { cleanLine, type BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { oneBranchOf } from './office-branch.ts'
import { OfficePackage } from './office-package.ts'
import { readWordStyles, WORD_STYLE_ATTRIBUTES } from './docx-styles.ts'
import { WordText, writeLine, type Line } from './docx-text.ts'

/**
 * No text of the document: what was deleted or moved away, how it looked before, commands of fields, how characters are read, and the
 * settings of content controls.
 */
const SKIPPED = new Set([
  ...['del', 'delText', 'delInstrText', 'moveFrom', 'instrText', 'rt', 'sdtPr', 'binData'],
  ...['pPrChange', 'rPrChange', 'tblPrChange', 'trPrChange', 'tcPrChange', 'sectPrChange'],
  ...['numberingChange', 'tblGridChange', 'tblPrExChange', 'cellDel'],
])

const KINDS = new Set(['styles', 'footnotes', 'endnotes', 'header', 'footer'])

/** Page numbers and the like. */
const NO_WORDS = /^[\P{L}]*$/u

export async function readDocx(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<string | undefined> {
  const file = await OfficePackage.open(bytes, clock)
  const parts = await file.relationships(file.main, KINDS)
  const ofKind = (kind: string) => parts.filter((part) => part.kind === kind)
  const styles = await readWordStyles(file, ofKind('styles')[0]?.target)
  const read = async (part: string, write: (line: Line) => void, root?: string) => {
    const text = new WordText(styles, write)
    await file.read(part, oneBranchOf(text, SKIPPED, root), WORD_STYLE_ATTRIBUTES)
  }
  const write = (line: Line) => writeLine(writer, line)
  await read(file.main, write, 'document')
  for (const { target } of [...ofKind('footnotes'), ...ofKind('endnotes')]) {
    await read(target, write)
  }
  const told = new Set<string>()
  const writeOnce = (line: Line) => {
    const text = cleanLine(line.cells.join(' '))
    if (told.has(text) || NO_WORDS.test(text)) return
    told.add(text)
    writer.add('paragraph', text)
  }
  for (const { target } of [...ofKind('header'), ...ofKind('footer')]) {
    await read(target, writeOnce)
  }
  return file.title()
}
