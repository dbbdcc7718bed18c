// Pages that are large, or small and hostile: each is converted in a fraction of a Worker's memory, or refused.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MEBIBYTE = 1024 * 1024
/** What an answer of the vendor may have, and with it a page. */
const MAX_PAGE = 2 * MEBIBYTE

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-pages-'))
  await build({
    entryPoints: [fileURLToPath(new URL('convert-page.ts', import.meta.url))],
    outfile: join(folder, 'convert-page.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  })
})
afterAll(() => rm(folder, { recursive: true }))

type Length = number | 'too large'
interface Lengths {
  readonly markdown: Length
  readonly text: Length
  readonly html: Length
}

/** In a process of its own, which ends without an answer where 64 MB are too little. */
async function convert(storage: string): Promise<Lengths> {
  const limits = ['--max-old-space-size=64', '--max-semi-space-size=1']
  const child = spawn(process.execPath, [...limits, join(folder, 'convert-page.mjs')])
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  child.stdin.on('error', () => undefined).end(storage)
  const [stdout, stderr] = await output
  expect(stdout, stderr.slice(0, 1000)).not.toBe('')
  return JSON.parse(stdout) as Lengths
}

const fill = (start: string, piece: string, end: string, length = MAX_PAGE) =>
  start + piece.repeat((length - start.length - end.length) / piece.length) + end

const WIDE = '<table><tr><td colspan="1000"/><td/></tr></table>'
const DEEP = '<ol start="99999999"><li>'.repeat(12)
const PARAGRAPH =
  '<p>Some <strong>bold</strong> text &amp; <a href="https://x.example/">more</a>.</p>'
const ROW = '<tr><td><p>Some words of it</p></td><td><p>and some more of them</p></td></tr>'

describe('a page is refused', () => {
  it.each<readonly [string, string, Partial<Lengths>]>([
    ['of wide tables', WIDE.repeat(6000), { markdown: 'too large', text: 'too large' }],
    ['of many empty places', WIDE.repeat(200), { markdown: 'too large', text: 'too large' }],
    ['of deep lists', `${DEEP}<pre>${'a\n'.repeat(100_000)}</pre>`, { markdown: 'too large' }],
    [
      'of cells in a long link',
      `<a href="https://x.example/${'a'.repeat(100_000)}"><table><tr>${'<td>a</td>'.repeat(1000)}</tr></table></a>`,
      { markdown: 'too large', text: 'too large', html: 'too large' },
    ],
    [
      'of links to itself',
      fill('<p>', '<a href="https://x.example/">a</a><ac:link/>', '</p>'),
      { markdown: 'too large', text: 'too large', html: 'too large' },
    ],
    ['of signs', fill('<p>', '"', '</p>'), { html: 'too large' }],
  ])('%s', async (_, storage, expected) => {
    expect(await convert(storage)).toMatchObject(expected)
  })
})

describe('a page is converted', () => {
  it.each<readonly [string, string]>([
    ['of paragraphs', fill('', PARAGRAPH, '')],
    ['of paragraphs in sections', fill('<ac:layout><ac:layout-section>', PARAGRAPH, '')],
    ['of tables', fill('', `<table>${ROW.repeat(100)}</table>`, '')],
    ['that is a table of a megabyte', fill('<table>', ROW, '</table>', MEBIBYTE)],
    ['that is a log', fill('<pre>', '2026-05-01 08:00 a line of it\n', '</pre>')],
    ['that is one line', fill('<p>', 'some words and ', '</p>')],
  ])('%s', async (_, storage) => {
    const lengths = await convert(storage)
    for (const length of Object.values(lengths) as Length[]) {
      expect(length).toBeGreaterThan(storage.length / 8)
      expect(length).toBeLessThanOrEqual(4 * storage.length + MEBIBYTE)
    }
  })
})

describe('a page of two megabytes has room', () => {
  const macro = '<ac:structured-macro ac:name="info"><ac:rich-text-body>'
  it.each<readonly [string, start: string, piece: string, end: string]>([
    ['wide tables', '', WIDE, ''],
    ['lines in deep lists', `${DEEP}<pre>`, 'a\n', '</pre>'],
    ['rows', '<table>', '<tr><td>a</td></tr>', '</table>'],
    ['cells', '<table><tr>', '<td>a</td>', '</tr></table>'],
    ['empty cells', '<table><tr>', '<td/>', '</tr></table>'],
    ['marks in cells', '<table><tr>', '<td><b><i>a</i></b><i>b</i></td>', '</tr></table>'],
    ['lines in a cell', '<table><tr><td><pre>', 'a\n', '</pre></td></tr></table>'],
    ['bars in a cell', '<table><tr><td>', '|', '</td></tr></table>'],
    ['bars of code in a cell', '<table><tr><td><pre>', '|', '</pre></td></tr></table>'],
    ['a panel', macro, '<p>Some <strong>bold</strong> text</p>', ''],
    ['panels', '<div>', '<ac:macro ac:name="info">a</ac:macro>', '</div>'],
    ['marks', '<p>', '<b>a</b>', '</p>'],
    ['marks in marks', '<p>', '<b><i><s><u>a</u></s></i></b>', '</p>'],
    ['marks without an end', '', '<b>a', ''],
    ['links', '<p>', '<a href="https://x.e">a</a>', '</p>'],
    ['images', '<p>', '<ac:image/>', '</p>'],
    ['items', '<ul>', '<li>a', '</ul>'],
    ['lists', '', '<ul><li>a', ''],
    ['tasks', '<ac:task-list>', '<ac:task>a</ac:task>', '</ac:task-list>'],
    ['line breaks', '<p>a', '<br/>a', '</p>'],
    ['comments', '<p>', 'a<!---->', '</p>'],
    ['references', '<p>', '&amp;a', '</p>'],
    ['asterisks', '<p>', '*', '</p>'],
    ['line ends of another kind', '<p>', '\ra', '</p>'],
    ['spaces', '<p>', 'a\n', '</p>'],
    ['brackets in an address', '<p><a href="https://x.example/', '(', '">a</a></p>'],
    ['lines of an image', '<ac:image ac:alt="a', '\na', '"/>'],
    ['backticks', '<code>', '` ', '</code>'],
  ])('for %s', async (_, start, piece, end) => {
    // One character beyond Latin-1, and each of the page takes two bytes.
    const storage = fill(start, piece, `${end}<p>✅</p>`)
    const lengths = await convert(storage)
    for (const length of Object.values(lengths) as Length[]) {
      if (length !== 'too large') expect(length).toBeLessThanOrEqual(4 * storage.length + MEBIBYTE)
    }
  })
})
