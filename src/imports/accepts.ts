// What an import would make of a file, as far as its listing tells: whether there is text to be had, and few enough bytes.
import { promisedFormat } from '../knowledge/extract/formats.ts'
import { MAX_INPUT } from '../knowledge/extract/limits.ts'
import type { Entry } from '../providers/contract.ts'
import { contentType, isDownloadable } from './walk.ts'

/** Whether text is read from files of this name and type. */
export function hasText(entry: Entry): boolean {
  return isDownloadable(entry) && promisedFormat(entry.name, contentType(entry)) !== undefined
}

/** Whether it is known to have more bytes than are read for text. */
export const isTooLarge = ({ size }: Entry) => (size ?? 0) > MAX_INPUT
