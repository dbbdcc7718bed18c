// What a connection's card tells: an end that is near, a pause, what a check finds, and why a reconnect was refused.
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import { describeInBrowser } from './browser.ts'
import { card, openConsent, visit } from './visit.ts'

describeInBrowser('connection cards', (stage) => {
  it('shows quota and what is missing after a check, and adds the permission', async () => {
    const { id } = await connect(stage.app, 'chk', 'google_drive', { account: 'ann@example.com' })
    const { page, context, faults } = await visit(stage, 'chk')
    const drive = card(page, 'google_drive')
    await drive.getByRole('button', { name: 'Check ann@example.com' }).press('Enter')
    await drive.getByRole('status').getByText('it works, with limits').waitFor()
    await drive.getByText(/^[\d.]+ MB of 16 GB used$/).waitFor()
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
