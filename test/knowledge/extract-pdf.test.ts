// What is read of PDF files: those that LibreOffice and Chromium wrote, and pages that a test sets.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../src/knowledge/extract/block.ts'
import { extract } from '../../src/knowledge/extract/extract.ts'
import { pdfOf } from './pdf-files.ts'

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url)))

const show = ({ kind, text, page }: Block) => `${page}${kind === 'list_item' ? '-' : ''} ${text}`

async function read(bytes: Uint8Array): Promise<string[]> {
  return (await extract(bytes, 'pdf')).blocks.map(show)
}

const REPORT = [
  '1 Harbour authority, for internal use',
  '1 Harbour report',
  '1 This report says what the slipway in Lübeck needs before winter, in words that are long enough to be broken into several lines on a small page.',
  '1 Größe und Maße',
  '1 Übergröße: the cradle carries ships of forty tonnes.1',
  '1- Grease the rails',
  '1- Check the winch',
  '1 1Measured at the brazen capstan.',
  '2 Harbour authority, for internal use',
  '2 Second page: tides',
  '2 The quartz heron nests under pier seven. 東京湾の潮汐表 🚢 follows. Port High water Height Travemünde 06:40 0.3 m',
  '2 Below the table.',
  '2 A box beside the text',
  '3 Harbour authority, for internal use',
  '3 Third page: crew',
  '3 Everybody wears a vermilion lifejacket.',
]

describe('PDF files', () => {
  it('of LibreOffice', async () => {
    const { blocks, title } = await extract(fixture('report.pdf'), 'pdf')
    expect(title).toBe('Harbour report')
    expect(blocks.map(show)).toEqual(REPORT)
  })

  it('that nobody may change but everybody may read', async () => {
    expect(await read(fixture('restricted.pdf'))).toEqual(REPORT)
  })

  it('of Chromium', async () => {
    const { blocks, title } = await extract(fixture('web.pdf'), 'pdf')
    expect(title).toBe('Harbour page')
    expect(blocks.map(show)).toEqual([
      '1 Harbour page',
      '1 Printed by a browser: the first fleet of Lübeck lies in its winter harbour, and this sentence goes on over several lines of a small page.',
      '2 Second sheet',
      '2 The indigo lantern burns on page two. 東京湾',
      '2 Port High water Travemünde 06:40',
    ])
  })

  it('with lines that are cut, spaced, indented, bulleted and set in columns', async () => {
    const column = (x: number, lines: readonly string[]) =>
      lines.map((line, at) => ({ x, y: 700 - at * 14, text: line }))
    const page = [
      ...column(50, ['A long-', 'winded hyphen-', 'ation goes', 'on to the']),
      ...column(300, ['next column.', '  '.trim()]),
      { x: 50, y: 500, text: 'Apart.' },
      { x: 70, y: 486, text: 'Indented.' },
      { x: 50, y: 472, text: '\\225 item' },
      { x: 60, y: 458, text: 'of a list' },
      { x: 50, y: 430, text: 'Large', size: 30 },
    ].filter(({ text }) => text !== '')
    expect(await read(pdfOf([page]))).toEqual([
      '1 A longwinded hyphenation goes on to the next column.',
      '1 Apart.',
      '1 Indented.',
      '1- item of a list',
      '1 Large',
    ])
  })

  it('that open with a password only', async () => {
    await expect(read(fixture('locked.pdf'))).rejects.toMatchObject({ reason: 'encrypted' })
  })

  it('without text, such as scans', async () => {
    await expect(read(pdfOf([[], []]))).rejects.toMatchObject({ reason: 'no_text' })
  })

  it('that are none', async () => {
    const late = new TextEncoder().encode(`${' '.repeat(1100)}%PDF-1.7`)
    for (const bytes of [fixture('report.docx'), late]) {
      await expect(read(bytes)).rejects.toMatchObject({ reason: 'type_mismatch' })
    }
  })
})
