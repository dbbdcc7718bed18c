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

  it('changes the default storage, and keeps it', async () => {
    const { id } = await connect(stage.app, 'sto', 'dropbox', { account: 'mia@example.com' })
    await connect(stage.app, 'sto', 'confluence', { account: 'carl@acme.example' })
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
    const me = await (await stage.app.as('sto')('/api/users/me')).json()
    expect(me).toMatchObject({ default_storage: { backend: 'dropbox', connection_id: id } })
    await page.reload()
    await dropbox.waitFor()
    expect(await dropbox.isChecked()).toBe(true)
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
})
