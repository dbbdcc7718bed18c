// Folders whose import asks for every kind of operation: texts, what has no text, exports of unknown length, files that go in parts.
import { connect, connectWebdav } from './connect.ts'
import { exportOf } from './emulators/google-files.ts'
import type { Slipway } from './harness.ts'
import type { ExpectedFile } from './import-judge.ts'
import { sha256 } from './sha256.ts'

export interface Tree {
  readonly provider: 'webdav' | 'google_drive'
  /** Of the folder at the top of the drive. */
  readonly name: string
  /** What its import comes to, each with its original. */
  readonly files: readonly ExpectedFile[]
}

const MIB = 2 ** 20
const ANN = 'ann@example.com'
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

export const connectTree = (app: Slipway, user: string, { provider }: Tree) =>
  provider === 'webdav' ? connectWebdav(app, user) : connect(app, user, 'google_drive')

const expectText = (name: string, text: string, phrase: string): ExpectedFile => ({
  name,
  sha256: sha256(Buffer.from(text)),
  size: Buffer.byteLength(text),
  phrase,
})

const RIGGING = '# Rigging\n\nThe bowline holds.\n\n## Sails\n\nReef before the squall comes.\n'
const NOTES = 'The tide table of the northern harbour says when the ferry leaves.\n'

/** A text, another one further down, and a file in which there is none. */
export async function mixedTree({ emulators: { dav } }: Slipway): Promise<Tree> {
  const size = 300_000
  dav.addFile('mia', '/Mixed/Below/rigging.md', RIGGING)
  dav.addFile('mia', '/Mixed/notes.txt', NOTES)
  dav.addFile('mia', '/Mixed/data.bin', size)
  return {
    provider: 'webdav',
    name: 'Mixed',
    files: [
      expectText('rigging.md', RIGGING, 'before the squall'),
      expectText('notes.txt', NOTES, 'northern harbour'),
      { name: 'data.bin', size, sha256: await dav.sha256('mia', '/Mixed/data.bin') },
    ],
  }
}

/** A document that is exported, longer than what is held in memory, and a text. */
export function exportTree({ emulators: { google } }: Slipway): Tree {
  const folder = google.addFolder(ANN, 'root', 'Exports')
  google.addFile(ANN, folder, 'notes.txt', NOTES)
  const file = google.file(google.addFile(ANN, folder, 'Report', ''))
  if (file === undefined) throw new Error('the file was added')
  Object.assign(file, {
    mimeType: 'application/vnd.google-apps.document',
    content: undefined,
    lines: ['# Findings', 'The exported heron wakes at dawn.'],
    exportSize: 11 * MIB,
  })
  const bytes = exportOf(file, DOCX, file.exportSize)
  return {
    provider: 'google_drive',
    name: 'Exports',
    files: [
      expectText('notes.txt', NOTES, 'northern harbour'),
      {
        item: 'Report',
        name: 'Report.docx',
        size: bytes.length,
        sha256: sha256(bytes),
        phrase: 'exported heron',
      },
    ],
  }
}

/** A file of more bytes than go in one request. */
export async function largeTree({ emulators: { dav } }: Slipway): Promise<Tree> {
  const size = 66 * MIB
  dav.addFile('mia', '/Large/large.bin', size)
  return {
    provider: 'webdav',
    name: 'Large',
    files: [{ name: 'large.bin', size, sha256: await dav.sha256('mia', '/Large/large.bin') }],
  }
}
