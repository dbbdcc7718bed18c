// Files with a known sentence in each format that text is read from, and two that none is read from.
import { DOCX, officeFile, pdfFile, pngFile, PPTX, XLSX } from './office-files.ts'
import { zipOf } from './zip-file.ts'

export interface ResearchFile {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
  /** A sentence of its text; undefined where there is none. */
  readonly says: string | undefined
}

export function researchFiles(): ResearchFile[] {
  const sentence = (kind: string) => `The ${kind} kingfisher dives for fish.`
  const lines = (kind: string) => ['# Birds', sentence(kind)]
  const file = (name: string, type: string, kind: string, bytes: string | Buffer) => ({
    name,
    type,
    bytes: Buffer.from(bytes),
    says: sentence(kind),
  })
  return [
    file('plain.txt', 'text/plain', 'plain', `${sentence('plain')}\n`),
    file('marked.md', 'text/markdown', 'marked', `# Birds\n\n${sentence('marked')}\n`),
    file(
      'page.html',
      'text/html',
      'hypertext',
      `<!doctype html><title>Birds</title><h1>Birds</h1><p>${sentence('hypertext')}</p>\n`,
    ),
    file('rows.csv', 'text/csv', 'comma', `bird,what\nkingfisher,${sentence('comma')}\n`),
    file(
      'data.json',
      'application/json',
      'structured',
      JSON.stringify({ says: sentence('structured') }),
    ),
    file('letter.docx', DOCX, 'worded', officeFile(DOCX, lines('worded'))),
    file('table.xlsx', XLSX, 'tabled', officeFile(XLSX, lines('tabled'))),
    file('slides.pptx', PPTX, 'pointed', officeFile(PPTX, lines('pointed'))),
    file('paper.pdf', 'application/pdf', 'portable', pdfFile(lines('portable'))),
    { name: 'photo.png', type: 'image/png', bytes: pngFile(), says: undefined },
    {
      name: 'bundle.zip',
      type: 'application/zip',
      bytes: zipOf([['a.txt', sentence('packed')]]),
      says: undefined,
    },
  ]
}
