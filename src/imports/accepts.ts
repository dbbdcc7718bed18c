// What an import would make of a file, as far as its listing tells: whether there is text to be had, and few enough bytes.
import { promisedFormat, type TextFormat } from '../knowledge/extract/formats.ts'
import { MAX_INPUT } from '../knowledge/extract/limits.ts'
import type { Entry } from '../providers/contract.ts'
import type { ImportItem } from './schema.ts'
import { contentType, isDownloadable } from './walk.ts'

/** The format that text is read from; undefined = none. What an export was made of says nothing of the export: its name does not count. */
export function textFormat({
  name,
  mimeType,
  isExport,
}: Pick<ImportItem, 'name' | 'mimeType' | 'isExport'>): TextFormat | undefined {
  return promisedFormat(isExport ? '' : name, mimeType)
}

/** Whether text is read from what a listing shows so. */
export function hasText(entry: Entry): boolean {
  const { name, exportableAs } = entry
  const shown = { name, mimeType: contentType(entry), isExport: exportableAs !== undefined }
  return isDownloadable(entry) && textFormat(shown) !== undefined
}

/** Whether it is known to have more bytes than are read for text. */
export const isTooLarge = ({ size }: Entry) => (size ?? 0) > MAX_INPUT
