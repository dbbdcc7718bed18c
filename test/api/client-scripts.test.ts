// The client's scripts: modules that pages on the allowed origins may load, and that browsers keep as long as they are the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSlipway, type Slipway } from '../harness.ts'

const ORIGIN = 'http://app.localhost:3000'

describe('scripts for other pages', () => {
  let app: Slipway
  beforeAll(async () => {
    app = await startSlipway()
  })
  afterAll(() => app.close())

  it.each(['/client.js', '/picker.js'])('%s is a module with CORS and an ETag', async (path) => {
    const response = await fetch(app.url + path, { headers: { origin: ORIGIN } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(response.headers.get('vary')).toMatch(/\borigin\b/i)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    expect(await response.text()).toMatch(/export\s*\{/)
    const etag = response.headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await fetch(app.url + path, {
        headers: { origin: ORIGIN, 'if-none-match': known },
      })
      expect(again.status).toBe(304)
      expect(again.headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(await again.text()).toBe('')
    }
    const changed = await fetch(app.url + path, { headers: { 'if-none-match': '"other"' } })
    expect(changed.status).toBe(200)
    await changed.text()
  })

  it('are not for pages of other origins', async () => {
    const response = await fetch(`${app.url}/client.js`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(response.headers.get('access-control-allow-origin')).toBe(null)
    await response.text()
  })
})
