// The client as a program of another origin calls it: popups at the right moment, severed openers, pages, errors, tokens, uploads, imports.
import type { BrowserContext, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { rows } from '../harness.ts'
import { describeInBrowser } from './browser.ts'
import { openClient, withClient } from './client-page.ts'
import { frontEndOnOtherOrigin } from './front-end.ts'
import { passTime } from './visit.ts'

const frontEnd = frontEndOnOtherOrigin()

describeInBrowser(
  'the client',
  (stage) => {
    const open = async () => {
      const visited = await frontEnd.open(stage)
      await openClient(visited.page, stage.app)
      return visited
    }
    /** Calls `connect` in a click, as the browser demands; returns the popup. */
    const connectInClick = async (page: Page, options: object) => {
      await page.evaluate((how) => {
        const own = window as never as {
          slipway: { connect: (provider: string, options: object) => Promise<unknown> }
          kept: Record<string, unknown>
        }
        const leaving = new AbortController()
        own.kept['leave'] = () => leaving.abort()
        const keep = (name: string) => (value: unknown) => (own.kept[name] = value)
        document.querySelector('h1')?.addEventListener(
          'click',
          () => {
            own.slipway
              .connect('google_drive', { ...how, signal: leaving.signal, onLate: keep('late') })
              .then(keep('connected'), (error: { code: string }) => keep('failed')(error.code))
          },
          { once: true },
        )
      }, options)
      const opened = page.waitForEvent('popup')
      await page.locator('h1').click()
      return opened
    }
    const kept = (page: Page, name: string) =>
      page.evaluate((key) => (window as never as { kept: Record<string, unknown> }).kept[key], name)
    /** As pages with this header are: cut off from every window of another origin. */
    const sever = (context: BrowserContext, pattern: string | RegExp) =>
      context.route(pattern, async (route) => {
        const response = await route.fetch({ maxRedirects: 0 })
        const headers = { ...response.headers(), 'cross-origin-opener-policy': 'same-origin' }
        await route.fulfill({ response, headers })
      })
    const eve = () => stage.app.as('eve')
    const disconnect = async (id: string) => {
      await eve()(`/api/cloud/connections/${id}`, { method: 'DELETE' })
    }

    it('opens the popup before anything else, and asks for nothing when it is blocked', async () => {
      const { page, context } = await open()
      const order = await page.evaluate(async () => {
        const own = window as never as {
          slipway: { connect: (provider: string) => Promise<unknown> }
        }
        const seen: string[] = []
        window.open = () => {
          seen.push('open')
          return null
        }
        const fetching = window.fetch
        window.fetch = (...request) => {
          seen.push('fetch')
          return fetching(...request)
        }
        const connecting = own.slipway.connect('google_drive')
        const atOnce = [...seen]
        const failed = await connecting.catch(({ code }: { code: string }) => code)
        return { atOnce, failed, seen }
      })
      expect(order).toEqual({ atOnce: ['open'], failed: 'popup_blocked', seen: ['open'] })
      expect(await rows(stage.app, 'SELECT id FROM oauth_attempts')).toEqual([])
      await context.close()
    })

    it('says that nobody can claim what was signed in for in a severed popup', async () => {
      const { page, context } = await open()
      await sever(context, `${stage.app.emulators.url}/**`)
      await page.clock.install()
      const popup = await connectInClick(page, {})
      await popup.click('#allow')
      await passTime(page, async () => (await kept(page, 'failed')) !== undefined)
      expect(await kept(page, 'failed')).toBe('unclaimed')

      // It is still asked about, until whoever began it calls it off.
      let asked = 0
      page.on('request', (request) => {
        if (request.url().includes('/oauth/attempts/')) asked += 1
      })
      await passTime(page, () => Promise.resolve(asked > 1))
      await page.evaluate(() => (window as never as { kept: { leave: () => void } }).kept.leave())
      const before = asked
      for (let turn = 0; turn < 10; turn += 1) {
        await page.clock.fastForward(6000)
        // A request that was wanted would have been sent with this one.
        await page.evaluate(async () => (await fetch('/token')).json() as Promise<unknown>)
      }
      expect(asked).toBe(before)
      expect(await rows(stage.app, `SELECT id FROM connections`)).toEqual([])
      await context.close()
    })

    it('goes through pages one at a time, or through everything on them', async () => {
      const { id } = await connect(stage.app, 'eve', 'google_drive', { account: 'ann@example.com' })
      const { page, context, faults } = await open()
      const names = await withClient(
        page,
        async ({ slipway }, connection) => {
          const pages = slipway.list(connection, 'root', { limit: 2 })
          const first = await pages.page()
          const second = await pages.page(first.next_cursor)
          const whole = await slipway.list(connection).page()
          const entries: string[] = []
          for await (const item of pages.entries()) entries.push(item.id)
          let count = 0
          for await (const { items } of pages) count += items.length
          return { first, second, whole: whole.items.map((item) => item.id), entries, count }
        },
        id,
      )
      if (!('value' in names)) throw new Error(names.error.message)
      const { first, second, whole, entries, count } = names.value
      expect(first.items.length).toBeGreaterThan(0)
      expect(first.next_cursor).not.toBe(null)
      expect(second.items).not.toEqual(first.items)
      expect(new Set(entries)).toEqual(new Set(whole))
      expect(count).toBe(whole.length)
      expect(faults).toEqual([])
      await disconnect(id)
      await context.close()
    })

    it('throws one kind of error, with the code, the fields and the request id of the API', async () => {
      const { page, context } = await open()
      const missing = await withClient(page, ({ slipway }) => slipway.documents.get('nothing'))
      expect(missing).toMatchObject({
        error: { name: 'SlipwayError', status: 404, code: 'not_found' },
      })
      expect('error' in missing && missing.error.requestId).toMatch(/\S/)
      const wrong = await withClient(page, ({ slipway }) =>
        slipway.connectWithPassword('webdav', {
          server_url: 'https://10.0.0.1/',
          username: 'a',
          password: 'b',
        }),
      )
      expect(wrong).toMatchObject({ error: { errors: [{ field: 'body.server_url' }] } })
      await context.setOffline(true)
      const offline = await withClient(page, ({ slipway }) => slipway.providers())
      expect(offline).toMatchObject({ error: { status: 0, code: 'network' } })
      await context.close()
    })

    it('asks for a fresh token when the API refuses the one it has, once', async () => {
      const { page, context } = await open()
      const sent: (string | undefined)[] = []
      await page.route('**/api/cloud/providers', async (route) => {
        if (route.request().method() !== 'GET') return route.continue()
        sent.push(route.request().headers()['authorization'])
        const response = await route.fetch({ headers: { authorization: 'Bearer nothing' } })
        return route.fulfill({ response })
      })
      let tokens = 0
      await page.route('**/token', (route) =>
        route.fulfill({ json: { token: `t${(tokens += 1)}` } }),
      )
      const outcome = await withClient(page, ({ slipway }) => slipway.providers())
      expect(outcome).toMatchObject({ error: { code: 'unauthorized', status: 401 } })
      expect(sent).toEqual(['Bearer t1', 'Bearer t2'])
      await context.close()
    })

    it('pauses an upload, goes on with it, and gives up another', async () => {
      const { page, context, faults } = await open()
      const outcome = await withClient(page, async ({ slipway }) => {
        const until = (done: () => boolean) =>
          new Promise<void>((resolve, reject) => {
            const ends = Date.now() + 20_000
            const look = () => {
              if (done()) return resolve()
              if (Date.now() > ends) return reject(new Error('it takes too long'))
              setTimeout(look, 20)
            }
            look()
          })
        const file = new File([new Uint8Array(30_000_000)], 'paused.bin')
        const seen = new Set<string>()
        const upload = slipway.upload(file, {
          connection: 'r2',
          onProgress: ({ state }) => seen.add(state),
        })
        await until(() => upload.task().kept !== undefined)
        upload.pause()
        await until(() => upload.task().state === 'paused' && !upload.task().isCounting)
        upload.resume()
        const item = await upload.finished()
        const other = slipway.upload(new File([new Uint8Array(30_000_000)], 'given-up.bin'), {
          connection: 'r2',
        })
        await until(() => other.task().kept !== undefined)
        other.abort()
        const given = await other.finished().catch(({ code }: { code: string }) => code)
        const taken = await slipway
          .upload(new File(['x'], 'paused.bin'), { connection: 'r2' })
          .finished()
          .catch(({ code }: { code: string }) => code)
        return { item, seen: [...seen], given, taken, left: slipway.uploads.all().tasks.length }
      })
      expect(outcome).toMatchObject({
        value: {
          item: { name: 'paused.bin', size: 30_000_000 },
          given: 'cancelled',
          taken: 'name_conflict',
          left: 1,
        },
      })
      expect('value' in outcome && outcome.value.seen).toEqual(
        expect.arrayContaining(['sending', 'paused', 'done']),
      )
      const openUploads = () => rows(stage.app, `SELECT id FROM uploads WHERE status = 'open'`)
      await expect.poll(openUploads, { timeout: 10_000 }).toEqual([])
      expect(faults).toEqual([])
      await context.close()
    })

    it('follows an import by asking, where no events come through', async () => {
      const { id } = await connect(stage.app, 'eve', 'google_drive', { account: 'ann@example.com' })
      const { page, context } = await open()
      await page.route('**/events', (route) => route.abort())
      const outcome = await withClient(
        page,
        async ({ slipway }, connection) => {
          const { items } = await slipway.list(connection).page()
          const chosen = items.filter(({ name }) => name === 'report.pdf').slice(0, 1)
          const preview = await slipway.imports.preview({
            connection_id: connection,
            items: chosen,
          })
          const started = await slipway.imports.start({ connection_id: connection, items: chosen })
          const events: string[] = []
          const names: string[] = []
          for await (const event of slipway.imports.watch(started.id)) {
            events.push(event.type)
            if (event.type === 'items') names.push(...event.items.map(({ name }) => name))
            if (event.type === 'end') events.push(event.status)
          }
          const again = await slipway.imports.list().page()
          return { preview, events, names, imports: again.imports.length }
        },
        id,
      )
      expect(outcome).toMatchObject({ value: { preview: { files: 1 }, imports: 1 } })
      if (!('value' in outcome)) throw new Error(outcome.error.message)
      expect(outcome.value.events.slice(-2)).toEqual(['end', 'completed'])
      expect(outcome.value.names).toContain('report.pdf')
      await disconnect(id)
      await context.close()
    })
  },
  frontEnd.prepare,
)
