// Uploads in the console that are paused, cut off or refused: what has arrived is never sent again.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { expectAccessible } from './axe.ts'
import { describeInBrowser } from './browser.ts'
import { ACCOUNT, uploadsInConsole } from './console-uploads.ts'
import { card, visit } from './visit.ts'

describeInBrowser('uploads in the console', (stage) => {
  const {
    sha256,
    file,
    openDrive,
    choose,
    entry,
    press,
    slowDown,
    taken,
    takenBytes,
    untilTaken,
    stored,
    expectOnce,
    settled,
    watchPatches,
  } = uploadsInConsole(stage, ['whole.bin', 'paused.bin', 'offline.bin'])

  it('sends 120 MB in requests of 50 MiB, and shows how far it is', async () => {
    const { page, context, faults } = await openDrive('upw')
    const offsets = watchPatches(page)
    slowDown()
    await choose(page, 'whole.bin')
    const bar = entry(page, 'whole.bin').getByRole('progressbar', { name: 'Sending whole.bin' })
    await expect
      .poll(async () => Number(await bar.getAttribute('value')), { timeout: 20_000 })
      .toBeGreaterThan(0)
    await entry(page, 'whole.bin', 'done').waitFor({ timeout: 50_000 })
    await page.getByRole('status').getByText('1 of 1 uploaded.').waitFor({ state: 'attached' })
    await page.getByRole('link', { name: 'whole.bin' }).waitFor()
    expect(offsets).toEqual([0, 52_428_800, 104_857_600])
    await expectOnce('whole.bin')
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('sends a small file in one request', async () => {
    const { page, context, faults } = await openDrive('ups')
    const requests: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/api/uploads')) requests.push(request.method())
    })
    writeFileSync(file('small.txt'), 'text')
    writeFileSync(file('nothing.txt'), '')
    await choose(page, 'small.txt', 'nothing.txt')
    await entry(page, 'small.txt', 'done').waitFor()
    await entry(page, 'nothing.txt', 'done').waitFor()
    expect(requests).toEqual(['POST', 'POST'])
    expect(await stored('small.txt')).toEqual([createHash('sha256').update('text').digest('hex')])
    expect(await stored('nothing.txt')).toEqual([createHash('sha256').digest('hex')])
    expect(faults).toEqual([])
    await context.close()
  })

  it('pauses and goes on, with the focus on the button', async () => {
    const { page, context, faults } = await openDrive('upp')
    slowDown()
    await choose(page, 'paused.bin')
    await untilTaken(6)
    await page.getByRole('button', { name: 'Pause paused.bin', exact: true }).press('Enter')
    const paused = entry(page, 'paused.bin', 'paused').getByText(/^Paused at \d+ MB of 120 MB$/)
    await paused.waitFor()
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(focused).toBe('Resume paused.bin')
    await settled()
    const megabytes = Math.round(takenBytes() / 1e6)
    expect(await paused.textContent()).toBe(`Paused at ${megabytes} MB of 120 MB`)
    // None comes after the request that was under way.
    const count = taken().length
    await page.waitForTimeout(1500)
    expect(taken().length).toBe(count)
    stage.app.emulators.trouble.clear()
    await page.getByRole('button', { name: 'Resume paused.bin', exact: true }).press('Enter')
    await entry(page, 'paused.bin', 'done').waitFor({ timeout: 50_000 })
    await expectOnce('paused.bin')
    expect(faults).toEqual([])
    await context.close()
  })

  it('waits for the network, and goes on by itself when it is back', async () => {
    const { page, context, faults } = await openDrive('upo')
    slowDown()
    await choose(page, 'offline.bin')
    await untilTaken(6)
    const cdp = await context.newCDPSession(page)
    const emulate = (offline: boolean) =>
      cdp.send('Network.emulateNetworkConditions', {
        offline,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      })
    await emulate(true)
    await entry(page, 'offline.bin', 'held').getByText('Waiting for the network.').waitFor()
    await page.getByRole('button', { name: 'Try now offline.bin' }).waitFor()
    await expectAccessible(page, 'upload that waits')
    await emulate(false)
    await entry(page, 'offline.bin', 'done').waitFor({ timeout: 50_000 })
    await expectOnce('offline.bin')
    expect(faults).toEqual([])
    await context.close()
  })

  it('asks what to do where the name is taken', async () => {
    const { page, context, faults } = await openDrive('upn')
    const { microsoft } = stage.app.emulators
    microsoft.addFile(ACCOUNT, 'root', 'twice.txt', 'old')
    microsoft.addFile(ACCOUNT, 'root', 'again.txt', 'old')
    writeFileSync(file('twice.txt'), 'new')
    writeFileSync(file('again.txt'), 'new')
    await choose(page, 'twice.txt', 'again.txt')
    const alert = entry(page, 'twice.txt', 'failed').getByRole('alert')
    await alert.getByText('There is a file of this name already.').waitFor()
    await expectAccessible(page, 'upload with a taken name')
    await press(page, 'Keep both: twice.txt')
    await press(page, 'Replace again.txt')
    await entry(page, 'twice.txt', 'done').waitFor()
    await entry(page, 'again.txt', 'done').waitFor()
    const texts = async (name: RegExp) => {
      const items = microsoft.children(ACCOUNT, 'root').filter((item) => name.test(item.name))
      return (await Promise.all(items.map(({ id }) => microsoft.content(id)))).map(String).sort()
    }
    expect(await texts(/^twice/)).toEqual(['new', 'old'])
    expect(await texts(/^again/)).toEqual(['new'])
    expect(microsoft.sessions()).toEqual([])
    await press(page, 'Hide again.txt')
    await entry(page, 'again.txt').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
  })

  it('says that the storage is full', async () => {
    const { page, context, faults } = await openDrive('upf')
    stage.app.emulators.microsoft.settings.full = true
    writeFileSync(file('full.txt'), 'text')
    await choose(page, 'full.txt')
    const alert = entry(page, 'full.txt', 'failed').getByRole('alert')
    await alert.getByText(/full|quota|space/i).waitFor()
    stage.app.emulators.microsoft.settings.full = false
    await press(page, 'Retry full.txt')
    await entry(page, 'full.txt', 'done').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('goes on after the connection was renewed from the entry', async () => {
    const { page, context } = await openDrive('upg')
    const { oauth } = stage.app.emulators.microsoft
    oauth.expireAccessTokens(ACCOUNT)
    oauth.killGrant(ACCOUNT)
    writeFileSync(file('grant.txt'), 'text')
    await choose(page, 'grant.txt')
    await entry(page, 'grant.txt', 'failed').getByText('requires re-authentication').waitFor()
    const opened = page.waitForEvent('popup')
    await press(page, 'Reconnect grant.txt')
    const popup = await opened
    await popup.click('#allow')
    await entry(page, 'grant.txt', 'done').waitFor()
    expect(await stored('grant.txt')).toHaveLength(1)
    await context.close()
  })

  it('goes on from where the grant died, once the connection is renewed', async () => {
    const account = 'mia@example.com'
    const { dropbox, trouble, requests } = stage.app.emulators
    await connect(stage.app, 'upd', 'dropbox', { account })
    const { page, context } = await visit(stage, 'upd')
    await card(page, 'dropbox').getByRole('link', { name: 'Browse' }).click()
    const offsets = watchPatches(page)
    const path = /\/upload_session\/append/
    trouble.add({ match: { path }, times: 1000, fault: { kind: 'slow', ms: 1000 } })
    await choose(page, 'whole.bin')
    const appended = () =>
      requests.filter((one) => path.test(one.path) && one.status === 200).length
    await expect.poll(appended, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
    dropbox.oauth.expireAccessTokens(account)
    dropbox.oauth.killGrant(account)
    const failed = entry(page, 'whole.bin', 'failed')
    await failed.getByText('requires re-authentication').waitFor({ timeout: 40_000 })
    trouble.clear()
    const count = offsets.length
    const opened = page.waitForEvent('popup')
    await press(page, 'Reconnect whole.bin')
    await (await opened).click('#allow')
    await entry(page, 'whole.bin', 'done').waitFor({ timeout: 50_000 })
    expect(offsets[count]).toBeGreaterThanOrEqual(2 * 24 * 1024 * 1024)
    const items = dropbox.children(account, dropbox.rootId(account))
    const item = items.find(({ name }) => name === 'whole.bin')
    expect(await dropbox.sha256(item?.id ?? '')).toBe(sha256)
    expect(dropbox.sessions()).toEqual([])
    await context.close()
  })
})
