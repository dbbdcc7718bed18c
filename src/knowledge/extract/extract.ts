// Reads the text of a file, or says why not: whatever the bytes are, it ends in time and within the isolate's memory.
import type { Extracted } from './block.ts'
import { BlockWriter } from './block-writer.ts'
import { Clock } from './clock.ts'
import { readCsv } from './csv.ts'
import { readDocx } from './docx.ts'
import type { TextFormat } from './formats.ts'
import { readHtml } from './html.ts'
import { readJsonText } from './json.ts'
import { MAX_INPUT } from './limits.ts'
import { readMarkdown } from './markdown.ts'
import { readPdf } from './pdf.ts'
import { readPptx } from './pptx.ts'
import { readPlainText } from './text.ts'
import { Unreadable } from './unreadable.ts'
import { readXlsx } from './xlsx.ts'

/** Returns the title that the file has beside its text. */
type Reader = (bytes: Uint8Array, writer: BlockWriter, clock: Clock) => Promise<string | undefined>

const READERS: Readonly<Record<TextFormat, Reader>> = {
  text: readPlainText,
  markdown: readMarkdown,
  html: readHtml,
  csv: readCsv,
  json: readJsonText,
  pdf: readPdf,
  docx: readDocx,
  xlsx: readXlsx,
  pptx: readPptx,
}

/**
 * The text of a file that should have this format. Throws {@link Unreadable} and nothing else.
 * @param bytes all of the file, at most MAX_INPUT; they may be changed or become unusable
 */
export async function extract(bytes: Uint8Array, format: TextFormat): Promise<Extracted> {
  if (bytes.length > MAX_INPUT) throw new Unreadable('input_too_large')
  const writer = new BlockWriter()
  const title = await read(bytes, format, writer)
  if (writer.blocks.length === 0) throw new Unreadable('no_text')
  return { blocks: writer.blocks, ...(title !== undefined && title !== '' && { title }) }
}

async function read(bytes: Uint8Array, format: TextFormat, writer: BlockWriter) {
  if (bytes.length === 0) return undefined
  try {
    return await READERS[format](bytes, writer, new Clock())
  } catch (error) {
    if (error instanceof Unreadable) throw error
    // A library that stumbles: what its error says of the file stays here.
    throw new Unreadable('broken_file', { cause: error })
  }
}
