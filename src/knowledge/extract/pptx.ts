// Presentations: each slide in its place under its title, with its tables, diagrams and the speaker's notes. ECMA-376-1, 19.
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_PAGES } from './limits.ts'
import type { Attributes } from './markup-reader.ts'
import { oneBranchOf } from './office-branch.ts'
import { OfficePackage } from './office-package.ts'
import { SLIDE_ATTRIBUTES, SlideText } from './pptx-slide.ts'
import { Unreadable } from './unreadable.ts'

const SLIDES = new Set(['slide'])
const BESIDE = new Set(['diagramData', 'notesSlide'])

/** Settings and extensions, which have copies of texts. */
const SKIPPED = new Set(['extLst', 'custDataLst'])

export async function readPptx(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<string | undefined> {
  const file = await OfficePackage.open(bytes, clock)
  const order = await readOrder(file)
  const slides = await file.relationships(file.main, SLIDES)
  const parts = new Map(slides.map(({ id, target }) => [id, target]))
  for (const [index, id] of order.entries()) {
    const part = parts.get(id)
    // The same part again would be the same text again.
    parts.delete(id)
    writer.page = index + 1
    if (part !== undefined) await readSlide(file, part, writer)
  }
  writer.page = undefined
  return file.title()
}

async function readSlide(file: OfficePackage, slide: string, writer: BlockWriter): Promise<void> {
  const shapes = new SlideText()
  await file.read(slide, oneBranchOf(shapes, SKIPPED), SLIDE_ATTRIBUTES)
  shapes.write(writer)
  const beside = await file.relationships(slide, BESIDE)
  const told = [...beside].sort((one, other) => one.kind.localeCompare(other.kind))
  for (const { kind, target } of told) {
    const text = new SlideText(kind === 'notesSlide')
    await file.read(target, oneBranchOf(text, SKIPPED), SLIDE_ATTRIBUTES)
    text.write(writer)
  }
}

async function readOrder(file: OfficePackage): Promise<readonly string[]> {
  const order: string[] = []
  const handler = {
    open: (name: string, attributes: Attributes) => {
      const id = attributes.get(':id')
      if (name === 'sldId' && id !== undefined) order.push(id)
      if (order.length > MAX_PAGES) throw new Unreadable('too_many_pages')
    },
    close: () => undefined,
    text: () => undefined,
  }
  await file.read(file.main, oneBranchOf(handler, new Set(), 'presentation'), new Set([':id']))
  return order
}
