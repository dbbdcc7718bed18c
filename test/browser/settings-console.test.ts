// Settings and cards in the console: where documents go, the ways out; an end that is near, a pause, what a check finds.
import { expect, it } from 'vitest'
import { connect, connectWebdav } from '../connect.ts'
import { rows } from '../harness.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { card, openConsent, visit } from './visit.ts'

describeInBrowser('settings and cards in the console', (stage) => {
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

  it('shows quota and what is missing after a check, and adds the permission', async () => {
    const { id } = await connect(stage.app, 'chk', 'google_drive', { account: 'ann@example.com' })
    const { page, context, faults } = await visit(stage, 'chk')
    const drive = card(page, 'google_drive')
    await drive.getByRole('button', { name: 'Check ann@example.com' }).press('Enter')
    await drive.getByRole('status').getByText('it works, with limits').waitFor()
    await drive.getByText(/^[\d.]+ MB of 16 GB used$/).waitFor()
    await expectAccessible(page, 'card with limits')
    const opened = page.waitForEvent('popup')
    await drive.getByRole('button', { name: /^Add the permission: Only files/ }).click()
    const popup = await opened
    await popup.click('#allow')
    await drive.getByRole('status').getByText('everything works').waitFor()
    expect(await drive.getByRole('button', { name: /^Add the permission/ }).count()).toBe(0)
    const stored = (await (await stage.app.as('chk')(`/api/cloud/connections/${id}`)).json()) as {
      scopes: string[]
    }
    expect(stored.scopes).toContain('https://www.googleapis.com/auth/drive')
    expect(faults).toEqual([])
    await context.close()
  })

  it('says in words what an account lacks that could not be connected', async () => {
    const { page, context } = await visit(stage, 'lck')
    const popup = await openConsent(page, 'confluence')
    await popup.getByLabel(/carl@acme\.example/).check()
    await popup.click('#allow')
    await page.getByText('gives access to no Confluence site. Reconnect and choose one').waitFor()
    await context.close()
  })

  it('says until when the provider asked to wait, and that a check failed', async () => {
    await connect(stage.app, 'thr', 'dropbox', { account: 'mia@example.com' })
    const { page, context, faults } = await visit(stage, 'thr', {
      timezoneId: 'Asia/Tokyo',
      locale: 'en-GB',
    })
    stage.app.emulators.trouble.add({
      match: { host: 'api.dropboxapi.com' },
      times: 9,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } },
    })
    const drive = card(page, 'dropbox')
    await drive.getByRole('button', { name: 'Check' }).click()
    const note = drive.getByText('The provider asked to wait until')
    await note.waitFor()
    stage.app.emulators.trouble.clear()
    const [row] = await rows<{ throttled_until: number }>(
      stage.app,
      'SELECT throttled_until FROM connections WHERE user_id = ?',
      'thr',
    )
    // Nine hours ahead of UTC.
    const there = new Date((row?.throttled_until ?? 0) + 9 * 3600_000).toISOString().slice(11, 16)
    expect(await note.textContent()).toContain(there)
    expect(await drive.getByRole('status').textContent()).not.toBe('')
    await expectAccessible(page, 'card that waits')
    expect(faults).toEqual([])
    await context.close()
  })

  it('warns of an end that is near, and renews the connection from there', async () => {
    await connect(stage.app, 'war', 'google_drive', { account: 'ann@example.com' })
    const end = Date.now() + 3 * 24 * 3600_000
    await rows(stage.app, `UPDATE connections SET grant_expires_at = ? WHERE user_id = 'war'`, end)
    const { page, context, faults } = await visit(stage, 'war', {
      timezoneId: 'UTC',
      locale: 'en-GB',
    })
    const drive = card(page, 'google_drive')
    const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
    await drive.getByText(`Access ends on ${day.format(end)}.`).waitFor()
    await expectAccessible(page, 'card with a warning')
    const opened = page.waitForEvent('popup')
    await drive.getByRole('button', { name: 'Reconnect ann@example.com in time' }).click()
    const popup = await opened
    await popup.click('#allow')
    await drive.getByText('Access ends on').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
  })

  it('names the way out when another account was used, or an administrator must approve', async () => {
    const { id } = await connect(stage.app, 'mis', 'microsoft_365', { account: 'ann@contoso.com' })
    await rows(stage.app, `UPDATE connections SET status = 'REQUIRES_REAUTH' WHERE id = ?`, id)
    const { page, context, faults } = await visit(stage, 'mis')
    const drive = card(page, 'microsoft_365')
    const reconnect = async (account: string) => {
      const opened = page.waitForEvent('popup')
      await drive.getByRole('button', { name: 'Reconnect ann@contoso.com' }).click()
      const popup = await opened
      await popup.locator(`input[value="${account}"]`).check()
      await popup.click('#allow')
    }
    await reconnect('pat@outlook.com')
    await page.getByText('connect the other one separately').waitFor()

    stage.app.emulators.microsoft.settings.adminConsent = 90094
    await reconnect('ann@contoso.com')
    await page.getByText('Ask your administrator to approve it, then connect again.').waitFor()
    stage.app.emulators.microsoft.settings.adminConsent = undefined
    expect(faults).toEqual([])
    await context.close()
  })
})
