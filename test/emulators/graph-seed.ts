// What the emulated Microsoft accounts have at the start: a work drive, two personal ones and a library of the tenant.
import { contentOfBytes } from './content.ts'
import { addTo, seedTenant } from './graph-seed-tenant.ts'
import type { GraphTenant } from './graph-tenant.ts'
import type { GraphDrive, GraphItem, GraphItems } from './graph-items.ts'
import { researchFiles } from './research-files.ts'

/** Spelled with one code point, and with a letter and an accent: two files that look the same. */
const CAFE = ['Caf\u00e9.txt', 'Cafe\u0301.txt']

/** `ann` has a work account, `pat` a personal one, and `nolicense` is at work without a OneDrive. */
export function seedMicrosoft(
  tenant: GraphTenant,
  {
    ann,
    pat,
    nolicense,
  }: { readonly ann: string; readonly pat: string; readonly nolicense: string },
): void {
  const { items } = tenant
  const work = items.addDrive('business', ann)
  const personal = items.addDrive('personal', pat)
  for (const drive of [work, personal]) seedDrive(items, drive)
  seedResearch(items, work)

  seedTenant(tenant, ann, nolicense)
  const [library] = tenant.siteByPath('/sites/harbour')?.libraries ?? []
  if (library === undefined) throw new Error('the harbour has no library')
  const team = addTo(items, library, library.rootId, 'Team files')
  addTo(items, library, team.id, 'agenda.txt', '1. Sails\n')
  link(items, work, 'Team files', team)

  const other = items.addDrive('personal', 'sam@outlook.com')
  const album = addTo(items, other, other.rootId, 'Regatta')
  addTo(items, other, album.id, 'start.jpg', 90_000)
  items.share(album, pat)
  link(items, personal, 'Regatta', album)
}

function seedDrive(items: GraphItems, drive: GraphDrive): void {
  const add = (parent: string, name: string, content?: string | number) =>
    addTo(items, drive, parent, name, content)
  const documents = add(drive.rootId, 'Documents')
  const reports = add(documents.id, 'Reports & plans')
  add(reports.id, 'quarter.txt', 'Up and to the right.\n')
  const odd = add(documents.id, "Odd names #1 100% + & '")
  for (const name of [...CAFE, '50% off.txt', '100%25.txt', 'a+b c.txt', '#hash.txt', '.hidden']) {
    add(odd.id, name, `${name}\n`)
  }
  add(drive.rootId, 'Pictures')
  add(drive.rootId, 'harbour.jpg', 1_500_000)
  add(drive.rootId, "O'Brien #1 100% + & 🚢.txt", 'odd names\n')
  add(drive.rootId, 'empty.txt', '')
  items.put({ driveId: drive.id, name: 'Notebook', parent: drive.rootId, kind: 'notebook' })
}

/** For imports: files with text, and shortcuts to a file, to where they lie and to nowhere. */
function seedResearch(items: GraphItems, drive: GraphDrive): void {
  const research = addTo(items, drive, drive.rootId, 'Research')
  for (const { name, bytes } of researchFiles()) {
    const content = contentOfBytes(bytes)
    items.put({ driveId: drive.id, name, parent: research.id, kind: 'file', content })
  }
  const older = addTo(items, drive, research.id, 'Older')
  const archive = addTo(items, drive, older.id, 'archive.txt', 'The archived heron sleeps.\n')
  const gone = addTo(items, drive, older.id, 'gone.txt', 'soon gone\n')
  link(items, drive, 'To a file.txt', archive, research.id)
  link(items, drive, 'To where it lies', research, research.id)
  link(items, drive, 'To nowhere.txt', gone, research.id)
  items.remove(gone)
  items.put({ driveId: drive.id, name: 'Log book', parent: research.id, kind: 'notebook' })
}

/** "Add shortcut to My files". */
function link(
  items: GraphItems,
  drive: GraphDrive,
  name: string,
  target: GraphItem,
  parent = drive.rootId,
): void {
  items.put({
    driveId: drive.id,
    name,
    parent,
    kind: 'link',
    target: { driveId: target.driveId, itemId: target.id },
  })
}
