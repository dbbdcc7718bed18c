// What the emulated Dropbox accounts have at the start: a personal one, one in a team with a team space, one that is full.
import { contentOfBytes, contentOfSize } from './content.ts'
import type { DropboxFiles, Namespace } from './dropbox-files.ts'
import type { DropboxItem, ExportRule } from './dropbox-items.ts'
import { DROPBOX_PEOPLE, homePathOf, TEAM_ROOT } from './dropbox-settings.ts'
import { researchFiles } from './research-files.ts'

const PAPER: ExportRule = { exportAs: 'html', options: ['html', 'markdown'] }
/** `export_options` may be left out. */
const GOOGLE_DOC: ExportRule = { exportAs: 'docx' }

const SHARED_BY_SAM = '3100200304'
const READ_ONLY = '3100200305'
const MARKETING = '5100200306'
const POLICIES = '5100200307'

export function seedDropbox(files: DropboxFiles): void {
  const [mia, franz, full] = DROPBOX_PEOPLE
  if (mia === undefined || franz === undefined || full === undefined) return
  const home = files.addNamespace(mia.home, mia.email, [[mia.email, true]])
  seedHome(files, home)
  const shared = files.addNamespace(SHARED_BY_SAM, 'sam@example.com', [[mia.email, true]])
  add(files, shared.root, 'start list.txt', '1. Mia\n2. Sam\n')
  files.put({ parent: home.root, name: 'Regatta', mounts: SHARED_BY_SAM })
  const rules = files.addNamespace(READ_ONLY, 'sam@example.com', [[mia.email, false]])
  add(files, rules.root, 'rules.txt', 'Look, do not touch.\n')
  files.put({ parent: home.root, name: 'Rules', mounts: READ_ONLY })

  const team = franz.team?.id ?? ''
  const own = files.addNamespace(franz.home, team, [[franz.email, true]])
  seedHome(files, own)
  const root = files.addNamespace(TEAM_ROOT, team, [[franz.email, true]])
  files.put({ parent: root.root, name: homePathOf(franz), mounts: franz.home })
  const marketing = files.addNamespace(MARKETING, team, [[franz.email, true]])
  const campaign = add(files, marketing.root, 'Campaign 2026')
  add(files, campaign, 'slogan.txt', 'Sail away\n')
  files.put({ parent: root.root, name: 'Marketing', mounts: MARKETING })
  const policies = files.addNamespace(POLICIES, team, [[franz.email, false]])
  add(files, policies.root, 'travel.txt', 'By boat.\n')
  files.put({ parent: root.root, name: 'Policies', mounts: POLICIES })

  const filled = files.addNamespace(full.home, full.email, [[full.email, true]])
  add(files, filled.root, 'everything.bin', 1_500_000)
}

function seedHome(files: DropboxFiles, { root }: Namespace): void {
  const homework = add(files, root, 'Homework')
  const math = add(files, homework, 'Math')
  add(files, math, 'Primes.txt', '2 3 5 7 11 13\n')
  add(files, math, 'proof.md', '# Proof\n\nLeft to the reader.\n')
  add(files, root, 'Empty folder')
  add(files, root, 'harbour.bin', 1_500_000)
  add(files, root, 'Größe – 名前 😀.txt', 'Names of the world.\n')
  add(files, root, 'Cafe\u0301.txt', 'an accent of its own\n')
  add(files, root, 'O\'Brien "quoted" #1 100% + & 🚢.txt', 'odd names\n')
  add(files, root, 'empty.txt', '')
  add(files, root, 'Notes.paper', '', PAPER)
  add(files, root, 'Minutes.gdoc', '', GOOGLE_DOC)
  const research = add(files, root, 'Research')
  for (const { name, bytes } of researchFiles()) {
    files.put({ parent: research, name, content: contentOfBytes(bytes) })
  }
  add(files, research, 'Sightings.paper', '', PAPER)
  add(files, research, 'Counts.gsheet', '', { exportAs: 'xlsx' })
  add(files, add(files, research, 'Older'), 'archive.txt', 'The archived heron sleeps.\n')
}

function add(
  files: DropboxFiles,
  parent: DropboxItem,
  name: string,
  content?: string | number,
  rule?: ExportRule,
): DropboxItem {
  if (content === undefined) return files.put({ parent, name })
  const bytes =
    typeof content === 'number' ? contentOfSize(content) : contentOfBytes(Buffer.from(content))
  return files.put({
    parent,
    name,
    content: bytes,
    ...(rule === undefined ? {} : { exports: rule }),
  })
}
