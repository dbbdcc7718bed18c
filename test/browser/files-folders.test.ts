// Whole folders from the computer: dropped and chosen, with the same tree at the vendor.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser } from './browser.ts'
import { ANN, openFolder, openGoogle, row } from './files.ts'

/** More than a directory's reader gives at a time. */
const MANY = 130

describeInBrowser('folders from the computer', (stage) => {
  /** A folder on the disk: `files` has their content by their way. */
  function makeFolder(name: string, files: Readonly<Record<string, string>>, empty: string[] = []) {
    const top = join(stage.folder, name)
    for (const way of empty) mkdirSync(join(top, way), { recursive: true })
    for (const [way, content] of Object.entries(files)) {
      mkdirSync(join(top, way, '..'), { recursive: true })
      writeFileSync(join(top, way), content)
    }
    return top
  }
  const many = Object.fromEntries(
    Array.from({ length: MANY }, (_, at) => [`letters/${at}.txt`, `letter ${at}`]),
  )
  const photos = { 'readme.txt': 'read me', 'köln/dom.jpg': 'a dome', 'köln/alt/brücke.jpg': 'old' }

  /** What the vendor has below a folder, by its way; null for a folder. */
  async function treeAt(folder: string, above = ''): Promise<Record<string, string | null>> {
    const { google } = stage.app.emulators
    const tree: Record<string, string | null> = {}
    for (const { id, name, mimeType } of google.children(ANN, folder)) {
      const isFolder = mimeType === 'application/vnd.google-apps.folder'
      tree[above + name] = isFolder ? null : (await google.content(id)).toString()
      if (isFolder) Object.assign(tree, await treeAt(id, `${above}${name}/`))
    }
    return tree
  }

  async function openEmpty(user: string) {
    const visited = await openGoogle(stage, user)
    const folder = stage.app.emulators.google.addFolder(ANN, 'root', `Target of ${user}`)
    await openFolder(visited.page, stage, visited.connection, folder)
    await visited.page.getByText('This folder is empty.').waitFor()
    return { ...visited, folder }
  }

  /** Drops files and folders of the disk, as a file manager does. */
  async function drop(page: Page, ...paths: readonly string[]) {
    const box = await page.locator('.drop').boundingBox()
    const chromium = await page.context().newCDPSession(page)
    const at = { x: (box?.x ?? 0) + 100, y: (box?.y ?? 0) + 20 }
    const data = { items: [], files: [...paths], dragOperationsMask: 1 }
    await chromium.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at, data })
    await chromium.send('Input.dispatchDragEvent', { type: 'dragOver', ...at, data })
    await page.locator('.drop.over').waitFor()
    await chromium.send('Input.dispatchDragEvent', { type: 'drop', ...at, data })
  }
  const over = (page: Page) => page.locator('[data-tree][data-phase=over]')

  it('takes dropped folders whole, the empty ones too, and a file beside them', async () => {
    const { page, context, faults, folder } = await openEmpty('dr1')
    const alone = join(stage.folder, 'alone.txt')
    writeFileSync(alone, 'alone')
    await drop(page, makeFolder('Dropped', { ...photos, ...many }, ['nothing/in here']), alone)
    await over(page).waitFor({ timeout: 50_000 })
    await page
      .getByText(`Uploaded ${MANY + 4} of ${MANY + 4} files`)
      .first()
      .waitFor()
    const wanted: Record<string, string | null> = {
      'alone.txt': 'alone',
      Dropped: null,
      'Dropped/letters': null,
      'Dropped/köln': null,
      'Dropped/köln/alt': null,
      'Dropped/nothing': null,
      'Dropped/nothing/in here': null,
    }
    for (const [way, content] of Object.entries({ ...photos, ...many })) {
      wanted[`Dropped/${way}`] = content
    }
    expect(await treeAt(folder)).toEqual(wanted)
    await row(page, 'Dropped').waitFor()
    expect(await page.locator('[data-upload]').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('takes a chosen folder, and again only what is missing; a taken name is asked about', async () => {
    const { page, context, faults, folder } = await openEmpty('dr2')
    const top = makeFolder('Chosen', photos)
    const choose = () => page.getByLabel('Folder to upload').setInputFiles(top)
    await choose()
    await over(page).waitFor({ timeout: 30_000 })
    const wanted = {
      Chosen: null,
      'Chosen/readme.txt': 'read me',
      'Chosen/köln': null,
      'Chosen/köln/dom.jpg': 'a dome',
      'Chosen/köln/alt': null,
      'Chosen/köln/alt/brücke.jpg': 'old',
    }
    expect(await treeAt(folder)).toEqual(wanted)
    await page.getByRole('button', { name: 'Hide Chosen' }).click()

    writeFileSync(join(top, 'köln/new.txt'), 'new')
    writeFileSync(join(top, 'readme.txt'), 'read me again')
    await choose()
    await page.getByText('1 could not be uploaded, 1 of them because of their names.').waitFor()
    await page.getByText('Uploaded 3 of 4 files, 2 of them there before').first().waitFor()
    await page.getByRole('button', { name: 'Replace all' }).click()
    await page.getByText('Uploaded 4 of 4 files').first().waitFor()
    expect(await treeAt(folder)).toEqual({
      ...wanted,
      'Chosen/readme.txt': 'read me again',
      'Chosen/köln/new.txt': 'new',
    })
    expect(faults).toEqual([])
    await context.close()
  })

  it('waits where the vendor asks for it, pauses, and goes on', async () => {
    const { page, context, faults, folder } = await openEmpty('dr3')
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${at}.txt`, `${at}`]))
    stage.app.emulators.trouble.add({
      match: { method: 'POST', path: /\/drive\/v3\/files/ },
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    })
    await drop(page, makeFolder('Patient', files))
    const entry = page.locator('[data-tree=Patient]')
    await entry.getByText(/^[1-9]\d* of 30 files/).waitFor({ timeout: 30_000 })
    await entry.getByRole('button', { name: 'Pause Patient' }).click()
    await entry.getByText(/^Paused: /).waitFor()
    await entry.getByRole('button', { name: 'Details of Patient' }).click()
    await entry.getByRole('list', { name: 'Files of Patient' }).waitFor()
    await entry.getByRole('button', { name: 'Resume Patient' }).click()
    await over(page).waitFor({ timeout: 30_000 })
    expect(Object.keys(await treeAt(folder))).toHaveLength(31)
    stage.app.emulators.trouble.clear()
    expect(faults).toEqual([])
    await context.close()
  })
})
