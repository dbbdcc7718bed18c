// Every drive through the page: connected, browsed, and (a read-only one apart) given a file that comes back byte for byte.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import type { Emulators } from '../emulators/server.ts'
import { describeInBrowser } from './browser.ts'
import { byConsent, byPassword, bySignIn, consent } from './connecting.ts'
import { card, visit } from './visit.ts'

interface Drive {
  readonly provider: string
  readonly connect: (page: Page, emulators: Emulators) => Promise<void>
  /** Folders to open, one after another. */
  readonly way: readonly string[]
  /** What the emulator has there from the start. */
  readonly seeded: string
  /** The file as the vendor has it. */
  readonly stored: (emulators: Emulators, name: string) => Promise<Buffer>
}

/** The id of a child by its name; throws when there is none. */
function idOf(children: readonly { readonly id: string; readonly name: string }[], name: string) {
  const found = children.find((child) => child.name === name)
  if (found === undefined) throw new Error(`the vendor has no ${name}`)
  return found.id
}

const ownFiles = async ({ microsoft }: Emulators, name: string) =>
  microsoft.content(idOf(microsoft.children('ann@contoso.com', 'root'), name))

const DRIVES: readonly Drive[] = [
  {
    provider: 'google_drive',
    connect: byConsent('google_drive'),
    way: [],
    seeded: 'report.pdf',
    stored: async ({ google }, name) =>
      google.content(idOf(google.children('ann@example.com', 'root'), name)),
  },
  {
    provider: 'onedrive',
    connect: byConsent('onedrive'),
    way: [],
    seeded: 'harbour.jpg',
    stored: ownFiles,
  },
  {
    provider: 'microsoft_365',
    connect: byConsent('microsoft_365'),
    way: ['OneDrive'],
    seeded: 'harbour.jpg',
    stored: ownFiles,
  },
  {
    provider: 'dropbox',
    connect: byConsent('dropbox'),
    way: [],
    seeded: 'harbour.bin',
    stored: async ({ dropbox }, name) =>
      dropbox.content(idOf(dropbox.children('mia@example.com', 'root'), name)),
  },
  {
    provider: 'nextcloud',
    connect: bySignIn,
    way: ['Documents'],
    seeded: 'notes.txt',
    stored: async ({ nextcloud }, name) => nextcloud.content('mia', `/Documents/${name}`),
  },
  {
    provider: 'webdav',
    connect: byPassword,
    way: ['Documents'],
    seeded: 'notes.txt',
    stored: async ({ dav }, name) => dav.content('mia', `/Documents/${name}`),
  },
]

describeInBrowser('all drives', (stage) => {
  const download = async (page: Page, link: Locator) => {
    const downloading = page.waitForEvent('download')
    await link.click()
    const got = await downloading
    return { name: got.suggestedFilename(), bytes: readFileSync(await got.path()) }
  }
  // The navigation has a page of the same name as a folder.
  const link = (page: Page, name: string) =>
    page.getByRole('main').getByRole('link', { name, exact: true })

  it.each(DRIVES)('$provider takes a file and gives it back', async (drive) => {
    const { provider, way, seeded, stored } = drive
    const { page, context, faults } = await visit(stage, `all-${provider}`)
    await drive.connect(page, stage.app.emulators)
    await card(page, provider).getByText('Connected', { exact: true }).waitFor()
    await card(page, provider).getByRole('link', { name: 'Browse' }).click()
    for (const folder of way) await link(page, folder).click()
    await link(page, seeded).waitFor()

    const name = `sails & ropes #1 ü ${provider}.bin`
    const bytes = randomBytes(700_001)
    const path = join(stage.folder, name)
    writeFileSync(path, bytes)
    await page.getByLabel('Files to upload').setInputFiles(path)
    await page.locator(`[data-upload="${name}"][data-state=done]`).waitFor()
    expect(bytes.equals(await stored(stage.app.emulators, name))).toBe(true)
    const got = await download(page, link(page, name))
    expect(got.name).toBe(name)
    expect(bytes.equals(got.bytes)).toBe(true)
    expect(faults).toEqual([])
    await context.close()
  })

  it('reads a drive that is not written to: pages open, and come in the format of choice', async () => {
    const { page, context, faults } = await visit(stage, 'all-confluence')
    await consent(page, 'confluence')
    await card(page, 'confluence').getByText('Connected', { exact: true }).waitFor()
    await card(page, 'confluence').getByRole('link', { name: 'Browse' }).click()
    for (const name of ['Documentation', 'Home']) await link(page, name).click()
    await link(page, 'Plan 2026').waitFor()
    for (const name of [/^Rename/, /^Delete/, 'New folder', 'Upload files']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    }
    expect(await page.getByLabel('Files to upload').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Download Retro board' }).count()).toBe(0)

    const choose = page.getByRole('button', { name: 'Download Plan 2026' })
    await choose.press('Enter')
    const formats = page.getByRole('list', { name: 'Formats' })
    expect(await formats.getByRole('link').allTextContents()).toEqual([
      'Markdown',
      'Plain text',
      'HTML',
    ])
    const markdown = await download(page, formats.getByRole('link', { name: 'Markdown' }))
    expect(markdown.name).toBe('Plan 2026.md')
    expect(markdown.bytes.toString()).toContain('```ts')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await choose.click()
    const html = await download(page, formats.getByRole('link', { name: 'HTML' }))
    expect(html.name).toBe('Plan 2026.html')
    expect(html.bytes.toString()).toContain('<table>')

    const notes = await download(page, link(page, 'notes.txt'))
    expect(notes.bytes.toString()).toBe('Up and to the right.\n')
    await link(page, 'Plan 2026').click()
    await page.getByText('This folder is empty.').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('neither renames nor deletes what belongs to the drive itself', async () => {
    await connect(stage.app, 'fix', 'microsoft_365')
    const { page, context } = await visit(stage, 'fix')
    await card(page, 'microsoft_365').getByRole('link', { name: 'Browse' }).click()
    await link(page, 'OneDrive').waitFor()
    const changes = page.getByRole('button', { name: /^(?:Rename|Delete)/ })
    expect(await changes.count()).toBe(0)
    await link(page, 'OneDrive').click()
    await page.getByRole('button', { name: 'Rename harbour.jpg' }).waitFor()
    await context.close()
  })
})
