// The strings that the cells of a workbook share (ECMA-376-1, 18.4).
import { MAX_STRINGS, MAX_TEXT } from './limits.ts'
import { oneBranchOf } from './office-branch.ts'
import type { OfficePackage } from './office-package.ts'
import { Unreadable } from './unreadable.ts'

/** How the characters are read is no text. */
const SKIPPED = new Set(['rPh', 'extLst'])

/** @param part the part that has them, if there is one */
export async function readSharedStrings(
  file: OfficePackage,
  part: string | undefined,
): Promise<readonly string[]> {
  const strings: string[] = []
  if (part === undefined) return strings
  let string = ''
  let isText = false
  let length = 0
  const handler = {
    open: (name: string) => void (isText = name === 't'),
    close: (name: string) => {
      isText = false
      if (name !== 'si') return
      strings.push(string)
      string = ''
      if (strings.length > MAX_STRINGS) throw new Unreadable('too_much_text')
    },
    text: (text: string) => {
      if (!isText) return
      string += text
      length += text.length
      if (length > MAX_TEXT) throw new Unreadable('too_much_text')
    },
  }
  await file.read(part, oneBranchOf(handler, SKIPPED), new Set())
  return strings
}
