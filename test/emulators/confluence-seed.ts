// What the emulated Confluence sites have at the start: a site with every kind of content, two small ones, and one without a space.
import { contentOfBytes, contentOfSize } from './content.ts'
import type { ConfluenceItem, ConfluenceItems, NewItem, Space } from './confluence-items.ts'
import { ACME, ANN, BO, HARBOUR, REGATTA, type Person, type Site } from './confluence-settings.ts'
import { researchFiles } from './research-files.ts'

/** The storage format with what is hard in it: entities, CDATA that is split, macros, tasks, a table, a link without a text. */
export const STORAGE = `<h1>Plan&nbsp;2026 &ndash; &Uuml;bersicht</h1><p>See <ac:link><ri:page ri:content-title="Home" /><ac:plain-text-link-body><![CDATA[the <home> page]]></ac:plain-text-link-body></ac:link><ac:emoticon ac:name="tick" ac:emoji-fallback="✅" /></p>
<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Careful</p></ac:rich-text-body></ac:structured-macro>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">ts</ac:parameter><ac:plain-text-body><![CDATA[const a = b && c < d; // ]]]]><![CDATA[>]]></ac:plain-text-body></ac:structured-macro>
<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Done it</ac:task-body></ac:task></ac:task-list>
<table><tbody><tr><th><p>A</p></th><th><p>B</p></th></tr><tr><td colspan="2"><p><time datetime="2026-05-01" /></p></td></tr></tbody></table>`

const CREATED = '2024-03-01T09:12:33.123Z'

export function seedConfluence(items: ConfluenceItems): void {
  seedAcme(items)
  for (const [site, name] of [
    [HARBOUR, 'Harbour'],
    [REGATTA, 'Regatta'],
  ] as const) {
    const space = addSpace(items, site, BO, 'OPS', `${name} operations`)
    const home = homeOf(items, space)
    addTo(items, space, home, 'page', `${name} rota`, { storage: '<p>Bo, then Ann.</p>' })
  }
}

/** A page to start from, as a new space has it. */
function homeOf(items: ConfluenceItems, space: Space): ConfluenceItem {
  const home = addTo(items, space, undefined, 'page', `${space.name} Home`, {
    storage: `<p>Welcome to ${space.name}.</p>`,
  })
  space.homepageId = home.id
  return home
}

function seedAcme(items: ConfluenceItems): void {
  const personal = addSpace(
    items,
    ACME,
    ANN,
    '~557058f58131cbb67d43c7b30d6b58',
    'Ann Lee',
    'personal',
  )
  addTo(items, personal, homeOf(items, personal), 'page', 'Notes', {
    storage: '<p>Call the sailmaker.</p>',
  })

  const docs = addSpace(items, ACME, ANN, 'DOCS', 'Documentation')
  const home = addTo(items, docs, undefined, 'page', 'Home', {
    storage: '<p>Hello&nbsp;world</p>',
    labels: ['start', 'public'],
  })
  docs.homepageId = home.id
  const add = (
    parent: ConfluenceItem | undefined,
    type: NewItem['type'],
    title: string,
    more = {},
  ) => addTo(items, docs, parent, type, title, more)

  const guides = add(home, 'folder', 'Guides')
  const setup = add(guides, 'page', 'Setup', { storage: '<p>Step one: budget the sails.</p>' })
  add(add(setup, 'page', 'Advanced setup'), 'page', 'Expert setup', { storage: '<p>Deep.</p>' })
  add(home, 'page', 'Plan 2026', { storage: STORAGE })
  add(home, 'page', 'Empty page', { storage: '' })
  const board = add(home, 'whiteboard', 'Retro board')
  add(board, 'page', 'Below a whiteboard', { storage: '<p>Found.</p>' })
  const crew = add(home, 'database', 'Crew database')
  add(crew, 'page', 'Below a database', { storage: '<p>Found as well.</p>' })
  add(home, 'embed', 'Harbour map')
  add(home, 'page', 'Live minutes', { subtype: 'live', storage: '<p>Being written.</p>' })
  add(home, 'page', 'Old plan', { status: 'archived', storage: '<p>Once upon a time.</p>' })
  add(home, 'page', 'Thrown away', { status: 'trashed', storage: '<p>Gone.</p>' })
  const secret = add(home, 'page', 'Board only', { restrictedTo: ['nobody@acme.example'] })
  add(secret, 'page', 'Below board only')
  for (const title of [
    `"Quoted" & 'single' <tag>`,
    'Ship 🚢 100% + done #1?',
    '100%25 / a\\b',
    'Caf\u00e9',
    'Cafe\u0301 (NFD)',
  ]) {
    add(home, 'page', title, { storage: '<p>odd title</p>' })
  }

  const research = add(home, 'page', 'Research', {
    storage: '<h1>Birds</h1><p>The storied heron wakes at dawn.</p>',
  })
  const older = add(research, 'page', 'Older research', {
    storage: '<p>The archived heron sleeps.</p>',
  })
  add(older, 'page', 'Oldest research', { storage: '<p>The first heron nests.</p>' })
  add(research, 'whiteboard', 'Sketches')
  for (const { name, type, bytes } of researchFiles()) {
    attach(items, research, name, bytes, type, CREATED)
  }
  attach(items, older, 'enclosed.txt', 'The enclosed heron waits.\n', 'text/plain', CREATED)

  add(undefined, 'folder', 'Root folder')
  add(undefined, 'page', 'Loose page', { storage: '<p>Beside the homepage.</p>' })
  add(undefined, 'blogpost', 'Launched!', { storage: '<p>We have <strong>sailed</strong>.</p>' })
  attach(items, home, 'notes.txt', 'Up and to the right.\n', 'text/plain', CREATED)
  attach(items, home, 'harbour.jpg', 1_500_000, 'image/jpeg', CREATED)
  attach(
    items,
    home,
    'Übersicht "final" 100%.pdf',
    '%PDF-1.4 not really\n',
    'application/pdf',
    CREATED,
  )

  const archive = addSpace(items, ACME, ANN, 'OLD', 'Old documentation', 'global', 'archived')
  homeOf(items, archive)
  for (let index = 1; index <= 30; index += 1) {
    const number = String(index).padStart(2, '0')
    const space = { site: ACME, author: ANN, createdAt: CREATED, extra: true } as const
    items.addSpace({
      ...space,
      key: `TEAM${number}`,
      name: `Team ${number}`,
      type: 'collaboration',
      status: 'current',
    })
  }
}

function addSpace(
  items: ConfluenceItems,
  site: Site,
  author: Person,
  key: string,
  name: string,
  type: Space['type'] = 'global',
  status: Space['status'] = 'current',
): Space {
  return items.addSpace({ site, author, key, name, type, status, createdAt: CREATED, extra: false })
}

function addTo(
  items: ConfluenceItems,
  space: Space,
  parent: ConfluenceItem | undefined,
  type: NewItem['type'],
  title: string,
  more: Partial<NewItem> = {},
): ConfluenceItem {
  return items.add({
    spaceId: space.id,
    parentId: parent?.id,
    createdAt: CREATED,
    ...more,
    type,
    title,
  })
}

/** A number is a size, whose bytes are made up. A name that is taken on the page gets a further version. */
export function attach(
  items: ConfluenceItems,
  page: ConfluenceItem,
  name: string,
  bytes: Uint8Array | string | number,
  mediaType: string,
  createdAt?: string,
): ConfluenceItem {
  const content =
    typeof bytes === 'number' ? contentOfSize(bytes) : contentOfBytes(Buffer.from(bytes))
  const taken = items
    .childrenOf(page.id)
    .find(({ type, title }) => type === 'attachment' && title === name)
  if (taken !== undefined) {
    items.revise(taken, { content })
    return taken
  }
  return items.add({
    type: 'attachment',
    createdAt,
    spaceId: page.spaceId,
    parentId: page.id,
    title: name,
    mediaType,
    content,
  })
}
