// The rules of going through a drive, the same for a preview as for the import: what is listed, what is read, and as what.
import type { Entry } from '../providers/contract.ts'

/** A page of a wiki is both: a folder of pages, and something that can be read. */
export function sortEntry({ isFolder, exportableAs }: Entry): {
  readonly isFolder: boolean
  readonly isFile: boolean
} {
  return { isFolder, isFile: !isFolder || (exportableAs?.length ?? 0) > 0 }
}

/** The media type of the bytes that a download gives: of the export, where there are none but exported ones. */
export function contentType({ mimeType, exportableAs }: Entry): string | null {
  return exportableAs?.[0] ?? mimeType
}

/** A kind of item that has no content, such as a form. */
export const isDownloadable = ({ exportableAs }: Entry) => exportableAs?.length !== 0
