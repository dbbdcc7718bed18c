// PDF, page by page. PDF.js is loaded with the first one: a Worker that starts does not pay for it.
import { cleanTitle, type BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_PAGES } from './limits.ts'
import { guardPdf } from './pdf-guard.ts'
import { PageLines } from './pdf-lines.ts'
import { Unreadable } from './unreadable.ts'

type Document = Awaited<ReturnType<typeof openDocument>>['document']
type Page = Awaited<ReturnType<Document['getPage']>>

/** Bytes in which the mark of a PDF may stand: https://pdfa.org/wp-content/uploads/2024/05/PDF_as_a_file_type.pdf, 3.4.1 */
const MARK_AREA = 1024

/** Pages after which PDF.js forgets its fonts. */
const FORGETS_AFTER = 50

export async function readPdf(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<string | undefined> {
  const start = String.fromCharCode(...bytes.subarray(0, MARK_AREA))
  if (!start.includes('%PDF-')) throw new Unreadable('type_mismatch')
  await guardPdf(bytes, clock)
  const { task, document } = await openDocument(bytes, clock)
  try {
    if (document.numPages > MAX_PAGES) throw new Unreadable('too_many_pages')
    await readPages(document, writer, clock)
    return await clock.within(titleOf(document))
  } finally {
    // Whatever it still does is of no interest.
    task.destroy().catch(() => undefined)
  }
}

async function openDocument(bytes: Uint8Array, clock: Clock) {
  const { getDocument } = await import('unpdf/pdfjs')
  const task = getDocument({
    data: bytes,
    verbosity: 0,
    isEvalSupported: false,
    useSystemFonts: true,
    disableFontFace: true,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    useWasm: false,
    useWorkerFetch: false,
    enableXfa: false,
  })
  try {
    return { task, document: await clock.within(task.promise) }
  } catch (error) {
    task.destroy().catch(() => undefined)
    if (error instanceof Unreadable) throw error
    const isLocked = error instanceof Error && error.name === 'PasswordException'
    throw new Unreadable(isLocked ? 'encrypted' : 'broken_file', { cause: error })
  }
}

async function readPages(document: Document, writer: BlockWriter, clock: Clock): Promise<void> {
  let broken: unknown
  let isAnyRead = false
  for (let number = 1; number <= document.numPages; number++) {
    writer.page = number
    try {
      const page = await clock.within(document.getPage(number))
      await readPage(page, writer, clock)
      isAnyRead = true
    } catch (error) {
      if (error instanceof Unreadable) throw error
      // One page that is broken does not lose the others.
      broken = error
    }
    await clock.breathe()
    if (number % FORGETS_AFTER === 0) await clock.within(document.cleanup())
  }
  writer.page = undefined
  if (!isAnyRead) throw new Unreadable('broken_file', { cause: broken })
}

async function readPage(page: Page, writer: BlockWriter, clock: Clock): Promise<void> {
  const lines = new PageLines(writer)
  const reader = page.streamTextContent().getReader() as ReadableStreamDefaultReader<TextChunk>
  try {
    for (;;) {
      const { done, value } = await clock.within(reader.read())
      if (done) break
      for (const item of value.items) lines.add(item)
      await clock.breathe(value.items.length * ITEM_WORK)
    }
    lines.end()
  } finally {
    reader.cancel(new Error('enough')).catch(() => undefined)
    page.cleanup()
  }
}

/** What a piece of text counts as, in bytes of work. */
const ITEM_WORK = 256

interface TextChunk {
  readonly items: readonly TextItem[]
}

/** What PDF.js tells of a piece of text; its width and font are of no interest here. */
export interface TextItem {
  readonly str: string
  /** A matrix: the last two are its place, from the lower left corner. */
  readonly transform: readonly number[]
  readonly height: number
  readonly hasEOL: boolean
}

async function titleOf(document: Document): Promise<string | undefined> {
  try {
    const { info } = (await document.getMetadata()) as { info?: { Title?: unknown } }
    return typeof info?.Title === 'string' ? cleanTitle(info.Title) : undefined
  } catch {
    return undefined
  }
}
