// Settings in the console: where documents go, how full it is, and the way out of all drives at once.
import { expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { rows } from '../harness.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { visit } from './visit.ts'

describeInBrowser('settings in the console', (stage) => {
  async function openSettings(user: string) {
    const visited = await visit(stage, user)
    await visited.page.getByRole('link', { name: 'Settings' }).click()
    await visited.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    return visited
  }

  const storageOf = async (user: string) => {
    const me = (await (await stage.app.as(user)('/api/users/me')).json()) as {
      default_storage: { folder_id: string | null }
    }
    return me.default_storage
  }

  it('changes the default storage and the folder in it, and keeps them', async () => {
    const { id } = await connect(stage.app, 'sto', 'dropbox', { account: 'mia@example.com' })
    await connect(stage.app, 'sto', 'confluence')
    const { page, context, faults } = await openSettings('sto')
    const choices = page.getByRole('radio')
    const dropbox = page.getByRole('radio', { name: /^mia@example\.com/ })
    expect(await page.getByRole('radio', { name: /^Default storage/ }).isChecked()).toBe(true)
    // What cannot be written to is no storage.
    expect(await choices.count()).toBe(2)
    await page.getByText('0 bytes of 11 GB used').waitFor()
    await page.getByRole('radio', { checked: true }).focus()
    await page.keyboard.press('ArrowDown')
    await expectAccessible(page, 'settings')
    await page.getByRole('button', { name: 'Save' }).press('Enter')
    await page.getByText('New documents go to mia@example.com.').waitFor()
    expect(await storageOf('sto')).toEqual({
      backend: 'dropbox',
      connection_id: id,
      folder_id: null,
    })
    await page.reload()
    await dropbox.waitFor()
    expect(await dropbox.isChecked()).toBe(true)

    await page.getByRole('button', { name: 'Choose a folder' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'New folder' }).click()
    await dialog.getByLabel('Name').fill('Papers')
    await page.keyboard.press('Enter')
    await dialog.getByText('No folders in here.').waitFor()
    await expectAccessible(page, 'default storage folder')
    await dialog.getByRole('button', { name: 'Choose this folder' }).click()
    await page.getByText('In the folder “Papers”').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('New documents go to mia@example.com, “Papers”.').waitFor()
    const stored = await storageOf('sto')
    expect(stored).toMatchObject({ backend: 'dropbox', connection_id: id })
    const path = `/api/cloud/connections/${id}/items/${encodeURIComponent(stored.folder_id ?? '')}`
    expect(await (await stage.app.as('sto')(path)).json()).toMatchObject({ name: 'Papers' })
    await page.reload()
    await page.getByText('In the folder “Papers”').waitFor()
    await page.getByRole('button', { name: 'Use the top' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(async () => (await storageOf('sto')).folder_id).toBe(null)
    expect(faults).toEqual([])
    await context.close()
  })

  it('renews a drive from the list', async () => {
    const { id } = await connect(stage.app, 'rnw', 'google_drive', { account: 'ann@example.com' })
    await rows(stage.app, `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?`, id)
    const { page, context, faults } = await openSettings('rnw')
    await page.getByText('Google Drive: sign in again first').waitFor()
    const opened = page.waitForEvent('popup')
    await page.getByRole('button', { name: 'Reconnect ann@example.com' }).click()
    await (await opened).click('#allow')
    await page.getByText('Google Drive is connected.').waitFor()
    await page.getByRole('button', { name: 'Reconnect ann@example.com' }).waitFor({
      state: 'detached',
    })
    expect(faults).toEqual([])
    await context.close()
  })

  it('disconnects all drives, and says which of them were left when one fails', async () => {
    await connect(stage.app, 'all', 'dropbox', { account: 'mia@example.com' })
    const { id } = await connectWebdav(stage.app, 'all')
    const { page, context, faults } = await openSettings('all')
    const refuse = `**/api/cloud/connections/${id}`
    await page.route(refuse, (route) =>
      route.fulfill({
        status: 502,
        contentType: 'application/problem+json',
        json: { code: 'provider_unavailable', detail: 'The server is away.' },
      }),
    )
    await page.getByRole('button', { name: 'Disconnect all' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('This disconnects 2 drives.').waitFor()
    await expectAccessible(page, 'disconnect all')
    await dialog.getByRole('button', { name: 'Disconnect all' }).click()
    await dialog.getByText('The server is away.').waitFor()
    expect(await rows(stage.app, `SELECT id FROM connections WHERE user_id = 'all'`)).toEqual([
      { id },
    ])
    await page.unroute(refuse)
    await dialog.getByRole('button', { name: 'Disconnect all' }).click()
    await page.getByText('All drives are disconnected.').waitFor()
    await page.getByText('No drive is connected.').waitFor()
    expect(await rows(stage.app, `SELECT id FROM connections WHERE user_id = 'all'`)).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  })

  it('deletes the account once the word is typed, signs out, and says so', async () => {
    await connect(stage.app, 'bye', 'google_drive', { account: 'ann@example.com' })
    const { page, context, faults } = await openSettings('bye')
    await page.getByRole('button', { name: 'Delete my account' }).press('Enter')
    const dialog = page.getByRole('dialog')
    const submit = dialog.getByRole('button', { name: 'Delete my account' })
    const word = dialog.getByLabel('Type DELETE to confirm')
    await word.fill('yes')
    await submit.click()
    await dialog.getByText('Type DELETE to go on.').waitFor()
    await expectAccessible(page, 'delete account')
    expect(await (await stage.app.as('bye')('/api/users/me')).json()).toMatchObject({
      user_id: 'bye',
    })

    const refuse = '**/api/users/me'
    await page.route(refuse, (route) => route.abort())
    await word.fill('DELETE')
    await submit.click()
    await dialog.getByText('The network failed.').waitFor()
    await page.unroute(refuse)
    await submit.click()
    const heading = page.getByRole('heading', { name: 'Your account is being deleted' })
    await heading.waitFor()
    await page.getByText('You are signed out.').waitFor()
    expect(await heading.evaluate((one) => one === document.activeElement)).toBe(true)
    await expectAccessible(page, 'farewell')
    const left = async () =>
      (await context.cookies()).filter(({ name }) => name === 'slipway_session')
    await expect.poll(left).toEqual([])
    await page.reload()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    const connections = () => rows(stage.app, `SELECT id FROM connections WHERE user_id = 'bye'`)
    await expect.poll(connections, { timeout: 30_000 }).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  })
})
