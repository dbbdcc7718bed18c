// Passages: what they hold together, where they are cut, what they stand under. Pure functions, of which nothing may be lost.
import { describe, expect, it } from 'vitest'
import { chunk, type Chunk } from '../../src/knowledge/chunk.ts'
import type { Block } from '../../src/knowledge/extract/block.ts'

const paragraph = (text: string, page?: number): Block => ({ kind: 'paragraph', text, ...of(page) })
const heading = (level: number, text: string, page?: number): Block => ({
  kind: 'heading',
  level,
  text,
  ...of(page),
})
const of = (page: number | undefined) => (page === undefined ? {} : { page })

/** A text of distinct sentences. */
function sentences(count: number, from = 0): string {
  const one = (number: number) =>
    `Sentence ${number} tells of the ${number}th thing in a few words.`
  return Array.from({ length: count }, (_, index) => one(from + index)).join(' ')
}

const whole = (chunks: readonly Chunk[]) =>
  chunks.map(({ text, overlap }) => text.slice(overlap)).join('')

/** What must be true of every text. */
function check(blocks: readonly Block[]): Chunk[] {
  const chunks = chunk({ blocks })
  const squeeze = (text: string) => text.replace(/\n/g, '')
  expect(squeeze(whole(chunks))).toBe(squeeze(blocks.map(({ text }) => text).join('')))
  chunks.forEach(({ ordinal, text, overlap }, index) => {
    expect(ordinal).toBe(index)
    expect(text.length).toBeLessThanOrEqual(2000)
    expect(text.isWellFormed()).toBe(true)
    expect(overlap).toBeLessThanOrEqual(150)
    expect(text.slice(overlap).trim()).not.toBe('')
    if (overlap > 0) expect(chunks[index - 1]?.text.endsWith(text.slice(0, overlap))).toBe(true)
  })
  return chunks
}

describe('chunk', () => {
  it('makes nothing of nothing', () => {
    expect(chunk({ blocks: [] })).toEqual([])
  })

  it('keeps a short text together, with its blocks apart', () => {
    const row = (text: string): Block => ({ kind: 'table_row', text })
    const blocks = [paragraph('One.'), row('a | b'), row('c | d'), paragraph('Two.')]
    expect(check(blocks)).toEqual([
      {
        ordinal: 0,
        text: 'One.\n\na | b\nc | d\n\nTwo.',
        overlap: 0,
        page: null,
        pageEnd: null,
        heading: null,
      },
    ])
  })

  it('begins a passage with each section, and says what it stands under', () => {
    const chunks = check([
      paragraph('Before all.'),
      heading(1, 'Setup'),
      heading(2, 'Linux'),
      paragraph('Install it.'),
      heading(2, 'Windows'),
      paragraph('Run the installer.'),
      heading(1, 'Use'),
      paragraph('Start it.'),
      heading(3, 'Alone'),
    ])
    expect(chunks.map(({ text, heading }) => [text.trim(), heading])).toEqual([
      ['Before all.', null],
      ['Setup\n\nLinux\n\nInstall it.', 'Setup › Linux'],
      ['Windows\n\nRun the installer.', 'Setup › Windows'],
      ['Use\n\nStart it.', 'Use'],
      ['Alone', 'Use › Alone'],
    ])
    expect(chunks.map(({ overlap }) => overlap)).toEqual([0, 0, 0, 0, 0])
  })

  it('cuts a long section between paragraphs, and repeats whole sentences', () => {
    const blocks = [
      heading(1, 'Long'),
      ...[0, 10, 20, 30].map((at) => paragraph(sentences(10, at))),
    ]
    const chunks = check(blocks)
    expect(chunks.length).toBeGreaterThan(1)
    for (const { text, overlap, heading } of chunks.slice(1)) {
      expect(heading).toBe('Long')
      expect(text.slice(0, overlap)).toMatch(/^Sentence \d+ .*\.\n\n$/s)
      expect(text.slice(overlap)).toMatch(/^Sentence \d0 /)
    }
  })

  it('cuts a long paragraph between sentences', () => {
    const chunks = check([paragraph(sentences(200))])
    for (const { text } of chunks) {
      expect(text).toMatch(/^Sentence/)
      expect(text.trimEnd()).toMatch(/\.$/)
      expect(text.length).toBeGreaterThan(800)
    }
  })

  it('cuts what has no sentences between words, and what has no words between characters', () => {
    const words = check([paragraph('lorem '.repeat(2000).trim())])
    for (const { text } of words) expect(text).toMatch(/^(?:lorem ?)+$/)
    check([paragraph('x'.repeat(30_000))])
    check([paragraph('a' + '😀'.repeat(10_000))])
    check([paragraph('漢字仮名交じり文。'.repeat(2000))])
    check([paragraph(`e${'\u0301'.repeat(5000)}`)])
    check([{ kind: 'code', text: 'let x = 1\n'.repeat(1000).trimEnd() }])
  })

  it('keeps pages apart, but not the sentence that goes over', () => {
    const chunks = check([
      paragraph('The first page is over.', 1),
      paragraph('The second page goes on', 2),
      paragraph('upon the third.', 3),
      paragraph('And the fifth.', 5),
    ])
    expect(
      chunks.map(({ page, pageEnd, overlap, text }) => [page, pageEnd, text.slice(overlap).trim()]),
    ).toEqual([
      [1, 1, 'The first page is over.'],
      [2, 2, 'The second page goes on'],
      [3, 3, 'upon the third.'],
      [5, 5, 'And the fifth.'],
    ])
    expect(chunks[2]?.text).toMatch(/page goes on\s+upon the third/)
    expect(chunks[1]?.overlap).toBe(0)
    expect(chunks[3]?.overlap).toBe(0)
  })

  it('does not become a passage for each of very many headings', () => {
    const blocks = Array.from({ length: 20_000 }, (_, index) => [
      heading(2, `Part ${index}`),
      paragraph('Short.'),
    ]).flat()
    const chunks = check([heading(1, 'All'), ...blocks])
    expect(chunks.length).toBeLessThan(3000)
    expect(chunks.at(-1)?.heading).toBe('All')
  })

  it('shortens endless headings, and not the text', () => {
    const chunks = check([
      ...[1, 2, 3, 4, 5, 6].map((level) => heading(level, `${level}`.repeat(5000))),
      paragraph('Deep.'),
    ])
    for (const { heading } of chunks) expect(heading?.length ?? 0).toBeLessThanOrEqual(400)
    expect(chunks.at(-1)?.heading).toMatch(/6…$/)
  })

  it('takes the largest text in time', () => {
    const started = performance.now()
    check([paragraph('. '.repeat(2_500_000))])
    check([paragraph('."'.repeat(2_500_000))])
    check(Array.from({ length: 200_000 }, (_, index) => paragraph(`Block number ${index} of many`)))
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
