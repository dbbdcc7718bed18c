// The client and the picker, for pages on the origins that may use the API: under names that stay, so browsers ask whether they are new.
import { Hono } from 'hono'
import type { AppContext, AppEnv } from '../app-context.ts'
import { allowFrontends } from '../auth/cors.ts'
import { isKnown, tagOf } from '../net/etag.ts'
import client from '../../build/slipway.client.txt'
import picker from '../../build/picker.client.txt'

/** Seconds after which a browser asks again. */
const MAX_AGE = 300

export const scripts = new Hono<AppEnv>()

// A module of another origin is fetched with CORS (HTML section 8.1.4.2).
scripts.get('/client.js', allowFrontends, (c) => sendScript(c, client))
scripts.get('/picker.js', allowFrontends, (c) => sendScript(c, picker))

const tags = new Map<string, Promise<string>>()

async function sendScript(c: AppContext, script: string): Promise<Response> {
  const tag = tags.get(script) ?? tagOf(script)
  tags.set(script, tag)
  const etag = await tag
  const headers = {
    etag,
    'cache-control': `public, max-age=${MAX_AGE}`,
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  }
  if (isKnown(c.req.header('If-None-Match'), etag)) return c.body(null, 304, headers)
  return c.body(script, 200, { ...headers, 'content-type': 'text/javascript; charset=utf-8' })
}
