// HTML: what a reader would see of the page, without its scripts, styles and hidden parts.
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { PageReader } from './page-reader.ts'
import { openText, readPieces } from './text-source.ts'

export async function readHtml(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<string | undefined> {
  const page = new PageReader(writer)
  for (const piece of readPieces(openText(bytes, true))) {
    page.write(piece)
    await clock.breathe(piece.length)
  }
  return page.end()
}
