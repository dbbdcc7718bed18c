// The API's document as JSON and as a page. It is made when it is first asked for, and kept as long as the isolate lives.
import { Hono } from 'hono'
import type { AppEnv, Services } from '../app-context.ts'
import type { Document, Route } from './document.ts'

interface Made {
  readonly document: Document
  readonly text: string
}

let kept: { readonly cookie: string; readonly made: Promise<Made> } | undefined

/** @param routes of the whole application, asked for with the first request */
export function openapiRoutes(routes: () => readonly Route[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  const make = ({ settings }: Services): Promise<Made> => {
    const { cookie } = settings.auth
    if (kept?.cookie !== cookie) {
      // Loaded only now: no other request should have to wait for the schemas of all answers.
      const made = import('./document.ts').then(({ buildDocument }) => {
        const document = buildDocument(routes(), cookie)
        return { document, text: JSON.stringify(document) }
      })
      kept = { cookie, made }
    }
    return kept.made
  }

  app.get('/openapi.json', async (c) => {
    const { text } = await make(c.var.services)
    return c.body(text, 200, {
      'content-type': 'application/json',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      // Nothing in it is anybody's: tools on other pages may read it.
      'access-control-allow-origin': '*',
    })
  })

  return app
}
