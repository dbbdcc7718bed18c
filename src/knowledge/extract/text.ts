// Plain text: paragraphs stand between empty lines; what is set with blanks, such as source code, keeps its lines.
import type { BlockWriter } from './block-writer.ts'
import type { Clock } from './clock.ts'
import { MAX_BLOCK } from './limits.ts'
import { openText, readPieces, type TextSource } from './text-source.ts'
import { Unreadable } from './unreadable.ts'

/** Lines of a group that are no prose are kept together beyond this, or a long list would be as many blocks. */
const MAX_SINGLE_LINES = 100

/** Characters of one block of such lines. */
const LINES_BLOCK = 1_000

/** What a wrapped line has, at least: shorter ones end where their author ended them. */
const MIN_WRAPPED = 40

/** What a wrapped line has, at most: longer ones are paragraphs, or lines of a log. */
const MAX_WRAPPED = 120

export async function readPlainText(
  bytes: Uint8Array,
  writer: BlockWriter,
  clock: Clock,
): Promise<undefined> {
  const group: string[] = []
  let length = 0
  const finish = (): void => {
    if (group.length === 0) return
    writeGroup(group, writer)
    group.length = length = 0
  }
  for await (const lines of readLines(openText(bytes), clock)) {
    for (const line of lines) {
      if (line.trim() === '') finish()
      else {
        group.push(line)
        length += line.length
        if (length > MAX_BLOCK) throw new Unreadable('too_much_text')
        // A log without empty lines is not held until its end.
        if (group.length > MAX_SINGLE_LINES && length > LINES_BLOCK) finish()
      }
    }
  }
  finish()
}

/** Lines as they come, without their ends. A form feed ends a line too. */
async function* readLines(source: TextSource, clock: Clock): AsyncGenerator<string[]> {
  let open = ''
  for (const piece of readPieces(source)) {
    await clock.breathe(piece.length)
    const lines = piece.split(/[\n\f\v\u2028\u2029]/)
    open += lines[0]!
    if (open.length > MAX_BLOCK) throw new Unreadable('too_much_text')
    if (lines.length === 1) continue
    lines[0] = open
    open = lines.pop()!
    yield lines
  }
  yield [open]
}

function writeGroup(lines: readonly string[], writer: BlockWriter): void {
  if (lines.slice(1).some((line) => /^(?:\t| {2})/.test(line))) writer.code(lines.join('\n'))
  else if (isWrapped(lines)) writer.add('paragraph', lines.join(' '))
  else if (lines.length > MAX_SINGLE_LINES) writeTogether(lines, writer)
  else for (const line of lines) writer.add('paragraph', line)
}

function isWrapped(lines: readonly string[]): boolean {
  return lines.slice(0, -1).every(({ length }) => length >= MIN_WRAPPED && length <= MAX_WRAPPED)
}

function writeTogether(lines: readonly string[], writer: BlockWriter): void {
  let block = ''
  for (const line of lines) {
    if (block.length + line.length > LINES_BLOCK) {
      writer.code(block)
      block = ''
    }
    block += `${line}\n`
  }
  writer.code(block)
}
