// The API's document as JSON and as a page. Each is made when it is first asked for, and kept as long as the isolate lives.
import { Hono } from 'hono'
import { raw } from 'hono/html'
import type { AppEnv, Services } from '../app-context.ts'
import { isKnown, tagOf } from '../net/etag.ts'
import { renderPage } from '../ui/layout.tsx'
import type { Document, Route } from './document.ts'

interface Made {
  readonly cookie: string
  readonly document: Document
  readonly json: string
  readonly etag: string
  /** The HTML of the page, without its frame. */
  page?: string
}

/** What is kept is never a promise: one request must not wait for another's. */
let kept: Made | undefined

/** @param routes of the whole application, asked for with the first request */
export function openapiRoutes(routes: () => readonly Route[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>()

  app.get('/openapi.json', async (c) => {
    const { json, etag } = await describe(c.var.services, routes)
    const headers = {
      etag,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      // Nothing in it is anybody's: tools on other pages may read it.
      'access-control-allow-origin': '*',
    }
    if (isKnown(c.req.header('If-None-Match'), etag)) return c.body(null, 304, headers)
    return c.body(json, 200, { ...headers, 'content-type': 'application/json' })
  })

  app.get('/docs', async (c) => {
    const made = await describe(c.var.services, routes)
    made.page ??= await renderDocs(made.document)
    return renderPage({ title: 'API – Slipway' }, raw(made.page))
  })

  return app
}

async function describe({ settings }: Services, routes: () => readonly Route[]): Promise<Made> {
  const { cookie } = settings.auth
  // Loaded only now: no other request should have to wait for the schemas of all answers.
  const { buildDocument } = await import('./document.ts')
  if (kept?.cookie !== cookie) {
    const document = buildDocument(routes(), cookie)
    const json = JSON.stringify(document)
    kept = { cookie, document, json, etag: await tagOf(json) }
  }
  return kept
}

async function renderDocs(document: Document): Promise<string> {
  const { DocsPage } = await import('./page/page.tsx')
  return (<DocsPage document={document} />).toString()
}
