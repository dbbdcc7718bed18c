// Markdown (CommonMark with GitHub's tables): its structure as blocks, its marks left out.
import { cleanTitle, type BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_SOURCE } from './limits.ts'
import { splitMarkdown } from './markdown-pieces.ts'
import { MarkdownReader } from './markdown-reader.ts'
import { openText, readWhole } from './text-source.ts'

/** Settings at the beginning of a file: https://jekyllrb.com/docs/front-matter/ */
const FRONT_MATTER = /^---[ \t]*\n((?:(?!---[ \t]*\n)[^\n]*\n){0,200})---[ \t]*(?:\n|$)/

export async function readMarkdown(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<string | undefined> {
  const text = readWhole(openText(bytes), MAX_SOURCE)
  const front = FRONT_MATTER.exec(text)
  const reader = new MarkdownReader(writer)
  if (front !== null) writer.code(front[1]!)
  for (const piece of splitMarkdown(text.slice(front?.[0].length ?? 0))) {
    reader.read(piece)
    await clock.breathe(piece.length)
  }
  return titleOf(front?.[1] ?? '')
}

function titleOf(front: string): string | undefined {
  const start = /^title:/m.exec(front)
  if (start === null) return undefined
  const line = front.slice(start.index + 'title:'.length).split('\n', 1)[0]!
  return cleanTitle(line).replace(/^["']|["']$/g, '')
}
