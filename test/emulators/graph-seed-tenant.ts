// What the emulated tenant has at the start: sites with several libraries, one or none, a subsite, and teams with every kind of channel.
import { contentOfBytes, contentOfSize } from './content.ts'
import type { GraphDrive, GraphItem, GraphItems } from './graph-items.ts'
import type { GraphTenant } from './graph-tenant.ts'

/** `ann` follows two sites and is in two teams; `nolicense` is in one team, and alone in one site. */
export function seedTenant(tenant: GraphTenant, ann: string, nolicense: string): void {
  const { items } = tenant
  tenant.addLibrary(tenant.addSite('', 'Contoso'), 'Documents')

  const harbour = tenant.addSite('harbour', 'Harbour crew')
  tenant.addLibrary(harbour, 'Documents')
  const plans = tenant.addLibrary(harbour, "Plans & drawings #1 100% 'new'", {
    quotaShown: 'zeros',
  })
  addTo(items, plans, plans.rootId, 'berth.txt', 'Berth 7\n')
  const rules = tenant.addLibrary(harbour, 'Rules', { readOnly: true, quotaShown: 'none' })
  addTo(items, rules, rules.rootId, 'speed.txt', '3 knots\n')
  const dock = tenant.addSite('dock', 'Dry dock', { parent: harbour })
  const papers = tenant.addLibrary(dock, 'Documents')
  addTo(items, papers, papers.rootId, 'keel.txt', 'Scrape it.\n')

  const regatta = tenant.addSite('regatta', 'Regatta 2026')
  const races = tenant.addLibrary(regatta, 'Documents')
  addTo(items, races, races.rootId, 'entries.xlsx', 20_000)
  tenant.addSite('noticeboard', 'Notice board')
  tenant.addLibrary(
    tenant.addSite('board', 'Board', { members: new Set([nolicense]) }),
    'Documents',
  )
  tenant.followed.set(ann, new Set([harbour.id, regatta.id]))
  seedTeams(tenant, ann, nolicense)
}

function seedTeams(tenant: GraphTenant, ann: string, nolicense: string): void {
  const { items } = tenant
  const site = (path: string) => {
    const found = tenant.siteByPath(path)
    if (found === undefined) throw new Error(`no site at ${path}`)
    return found
  }
  const crew = tenant.addTeam(site('/sites/harbour'), 'Who keeps the boats', [ann])
  const racers = tenant.addTeam(site('/sites/regatta'), 'Who sails them', [ann, nolicense])
  for (const team of [crew, racers]) {
    const general = tenant.addChannel(team, 'General', 'standard')
    const folder = tenant.openFilesTab(general)
    addTo(items, general.drive, folder, 'welcome.txt', `Welcome to ${team.displayName}\n`)
  }
  const open = (name: string, kind: 'standard' | 'private' | 'shared', members?: string[]) => {
    const channel = tenant.addChannel(crew, name, kind, members)
    addTo(items, channel.drive, tenant.openFilesTab(channel), 'notes.txt', `${name}\n`)
    return channel
  }
  open('Sails & ropes', 'standard')
  open('Crew only', 'private')
  // Its owner sees a private channel without being in it.
  open('Skippers', 'private', [nolicense])
  const partners = open('Partners', 'shared', [ann, nolicense])
  racers.incoming.push(partners)
  tenant.addChannel(crew, 'Not opened yet', 'standard')
}

/** A file of this content, or of a size whose bytes are made up; a folder without either. */
export function addTo(
  items: GraphItems,
  drive: GraphDrive,
  parent: string,
  name: string,
  content?: string | number,
): GraphItem {
  const place = { driveId: drive.id, name, parent }
  if (content === undefined) return items.put({ ...place, kind: 'folder' })
  const bytes =
    typeof content === 'number' ? contentOfSize(content) : contentOfBytes(Buffer.from(content))
  return items.put({ ...place, kind: 'file', content: bytes })
}
