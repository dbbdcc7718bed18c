// What the emulated Google accounts have at the start: every kind of thing that an adapter must know.
import { contentOfBytes, contentOfSize, type Content } from './content.ts'
import {
  APPS,
  FOLDER,
  newId,
  SHORTCUT,
  type GoogleFile,
  type GoogleFiles,
  type NewFile,
} from './google-files.ts'
import { researchFiles } from './research-files.ts'

export function seedGoogle(files: GoogleFiles, ann: string, bob: string): void {
  files.addAccount(ann)
  files.addAccount(bob)
  const text = (value: string) => contentOfBytes(Buffer.from(value))
  const add = (parent: string, name: string, mimeType: string, content?: Content) =>
    files.add(ann, { parent, name, mimeType, ...(content ? { content } : {}) })

  const projects = add('root', 'Projects', FOLDER)
  const plans = add(projects.id, 'Plans 2026', FOLDER)
  add(plans.id, 'roadmap.txt', 'text/plain', text('One drive after the other.\n'))
  add('root', 'Invoices', FOLDER)
  const report = add('root', 'report.pdf', 'application/pdf', contentOfSize(250_000))
  add('root', 'harbour.jpg', 'image/jpeg', contentOfSize(1_500_000))
  add('root', 'O\'Brien "quoted" #1 100% + & 🚢.txt', 'text/plain', text('odd names\n'))
  add('root', 'empty.txt', 'text/plain', text(''))
  add('root', 'Minutes', `${APPS}document`)
  add('root', 'Budget', `${APPS}spreadsheet`)
  add('root', 'Pitch', `${APPS}presentation`)
  add('root', 'Sketch', `${APPS}drawing`)
  add('root', 'Survey', `${APPS}form`)
  const link = (name: string, target: GoogleFile) =>
    files.add(ann, {
      parent: 'root',
      name,
      mimeType: SHORTCUT,
      target: { id: target.id, mimeType: target.mimeType },
    })
  link('Link to report', report)
  link('Link to plans', plans)
  files.add(ann, {
    parent: 'root',
    name: 'Dangling link',
    mimeType: SHORTCUT,
    target: { id: newId(), mimeType: 'text/plain' },
  })
  const shared = files.add(bob, { parent: 'root', name: 'From Bob', mimeType: FOLDER })
  shared.sharedWith.add(ann)
  files.add(bob, {
    parent: shared.id,
    name: 'greetings.txt',
    mimeType: 'text/plain',
    content: text('Hello Ann\n'),
  })
  files.add(bob, {
    parent: 'root',
    name: 'private.txt',
    mimeType: 'text/plain',
    content: text('mine\n'),
  })
  const drive = files.addDrive('Marketing', [ann])
  files.add(ann, {
    parent: drive,
    name: 'campaign.txt',
    mimeType: 'text/plain',
    content: text('Sail away\n'),
  })
  seedResearch(files, ann)
}

/** For imports: documents of Google's own, shortcuts that lead everywhere and nowhere, and files with text. */
function seedResearch(files: GoogleFiles, ann: string): void {
  const research = files.add(ann, { parent: 'root', name: 'Research', mimeType: FOLDER })
  const inside = (name: string, mimeType: string, more: Partial<NewFile> = {}) =>
    files.add(ann, { parent: research.id, name, mimeType, ...more })
  const link = (name: string, target: Pick<GoogleFile, 'id' | 'mimeType'>) =>
    inside(name, SHORTCUT, { target: { id: target.id, mimeType: target.mimeType } })
  const lines = (of: string) => ['# Findings', `The ${of} heron wakes at dawn.`]
  inside('Field notes', `${APPS}document`, { lines: lines('documented') })
  inside('Counts', `${APPS}spreadsheet`, {
    lines: ['# Counts', 'bird\tnumber', 'counted heron\t7'],
  })
  inside('Talk', `${APPS}presentation`, { lines: lines('presented') })
  inside('Map of the shore', `${APPS}drawing`)
  const size = 11 * 1024 * 1024
  inside('Long report', `${APPS}document`, { lines: lines('lengthy'), exportSize: size })
  inside('Questions', `${APPS}form`)
  const deeper = files.add(ann, { parent: research.id, name: 'Older', mimeType: FOLDER })
  const file = files.add(ann, {
    parent: deeper.id,
    name: 'archive.md',
    mimeType: 'text/markdown',
    content: contentOfBytes(Buffer.from('# Archive\n\nThe archived heron sleeps.\n')),
  })
  link('To a file', file)
  link('To a folder', deeper)
  link('To where it lies', research)
  link('To nowhere', { id: newId(), mimeType: 'application/pdf' })
  for (const { name, type, bytes } of researchFiles()) {
    inside(name, type, { content: contentOfBytes(bytes) })
  }
}
