// Uppy on a page of another origin, in real Chromium: uploads, pauses and goes on, survives a reload of the page, two files at once.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MIB } from '../tus.ts'
import { expectStored, placeOf } from '../upload-places.ts'
import { describeInBrowser, type Stage } from './browser.ts'
import { watchFaults } from './faults.ts'
import type { UppyPage } from './uppy-page.ts'

/** Several chunks of the place with the largest steps. */
const SIZE = 16 * MIB + 11
const CHUNK = 5 * MIB

let server: Server
let origin = ''

/** The page and its script, at an origin that is not the Worker's. */
async function servePage() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('uppy-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  })
  const script = outputFiles[0]?.text ?? ''
  const html =
    '<!doctype html><title>Uppy</title><input type=file multiple><script type=module src=/page.js></script>'
  server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://app.localhost:${(server.address() as AddressInfo).port}`
  return { settings: { FRONTEND_ORIGINS: origin } }
}

const inPage = <T>(page: Page, read: (uppy: UppyPage) => T): Promise<T> =>
  page.evaluate(`(${read.toString()})(window.page)`) as Promise<T>

describeInBrowser(
  'Uppy',
  (stage) => {
    afterAll(() => new Promise((resolve) => void server.close(resolve)))

    const drives = new Map<string, string>()
    beforeAll(async () => {
      for (const provider of ['google_drive', 'onedrive', 'r2']) {
        drives.set(provider, (await placeOf(provider).connect(stage.app, 'ann')).id)
      }
    })

    const makeFile = (name: string) => {
      const bytes = randomBytes(SIZE)
      const path = join(stage.folder, name)
      writeFileSync(path, bytes)
      return { name, path, bytes }
    }

    it.each(['google_drive', 'onedrive', 'r2'])('uploads to %s', async (provider) => {
      const { page, close } = await visitPage(stage, drives.get(provider) ?? '')
      const file = makeFile(`Grüße ${provider}.bin`)
      await page.setInputFiles('input', file.path)
      await uploaded(page, [file.name])
      await expectStored(stage.app, placeOf(provider), 'ann', file.name, file.bytes)
      await close()
    })

    it.each(['google_drive', 'r2'])('pauses and goes on: %s', async (provider) => {
      const { page, methods, close } = await visitPage(stage, drives.get(provider) ?? '')
      const file = makeFile(`paused ${provider}.bin`)
      await slowDown(page)
      await page.setInputFiles('input', file.path)
      await halfWay(page)
      await inPage(page, (uppy) => uppy.pause())
      expect(await inPage(page, (uppy) => uppy.uploaded)).toEqual([])
      await inPage(page, (uppy) => uppy.resume())
      await uploaded(page, [file.name])
      expect(methods.filter((method) => method === 'POST')).toHaveLength(1)
      await expectStored(stage.app, placeOf(provider), 'ann', file.name, file.bytes)
      await close()
    })

    it.each(['google_drive', 'onedrive', 'r2'])(
      'goes on after a reload of the page: %s',
      async (provider) => {
        const { page, methods, close } = await visitPage(stage, drives.get(provider) ?? '')
        const file = makeFile(`reloaded ${provider}.bin`)
        await slowDown(page)
        await page.setInputFiles('input', file.path)
        await halfWay(page)
        await page.reload()
        const before = methods.length
        await page.setInputFiles('input', file.path)
        await uploaded(page, [file.name])
        expect(methods.slice(before)).toContain('HEAD')
        expect(methods.slice(before)).not.toContain('POST')
        await expectStored(stage.app, placeOf(provider), 'ann', file.name, file.bytes)
        await close()
      },
    )

    it('uploads two at once', async () => {
      const { page, close } = await visitPage(stage, drives.get('google_drive') ?? '')
      const files = [makeFile('first.bin'), makeFile('second.bin')]
      await page.setInputFiles(
        'input',
        files.map(({ path }) => path),
      )
      await uploaded(
        page,
        files.map(({ name }) => name),
      )
      for (const { name, bytes } of files) {
        await expectStored(stage.app, placeOf('google_drive'), 'ann', name, bytes)
      }
      await close()
    })
  },
  servePage,
)

/** Opens the page for a drive of Ann's. `methods` are those of its requests to the Worker; `close` checks that it met no error. */
async function visitPage({ app, browser }: Stage, connection: string) {
  const context = await browser.newContext()
  const faults = watchFaults(context, [origin, app.url])
  const page = await context.newPage()
  const methods: string[] = []
  page.on('request', (request) => {
    if (request.url().startsWith(app.url)) methods.push(request.method())
  })
  const query = new URLSearchParams({
    endpoint: `${app.url}/api/uploads`,
    token: await app.token('ann'),
    connection,
    chunk: String(CHUNK),
  })
  await page.goto(`${origin}/?${query}`)
  await page.waitForFunction('window.page !== undefined')
  const close = async () => {
    expect(faults).toEqual([])
    await context.close()
  }
  return { page, methods, close }
}

/** So that there is a middle: the page sends 8 MiB a second. */
async function slowDown(page: Page): Promise<void> {
  const chromium = await page.context().newCDPSession(page)
  await chromium.send('Network.enable')
  await chromium.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 8 * MIB,
  })
}

async function halfWay(page: Page): Promise<void> {
  await page.waitForFunction('window.page.progress() >= 30 || window.page.errors.length > 0')
  expect(await inPage(page, (uppy) => uppy.errors)).toEqual([])
  expect(await inPage(page, (uppy) => uppy.uploaded)).toEqual([])
}

async function uploaded(page: Page, names: readonly string[]): Promise<void> {
  await page.waitForFunction(
    `window.page.uploaded.length >= ${names.length} || window.page.errors.length > 0`,
  )
  expect(await inPage(page, (uppy) => uppy.errors)).toEqual([])
  const done = await inPage(page, (uppy) => uppy.uploaded)
  expect([...done].sort()).toEqual([...names].sort())
}
