// The API's document: every served route is in it and nothing else, it passes a linter, and clients that are made from it compile.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { build } from 'esbuild'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../build-worker.ts'
import { startSlipway, type Slipway } from '../harness.ts'

interface Operation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly responses: Readonly<Record<string, unknown>>
}
interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

type Responses = Readonly<Record<string, { readonly headers?: object; readonly content?: object }>>

let app: Slipway
let text: string
let document: Document
const folder = mkdtempSync(join(tmpdir(), 'slipway-openapi-'))

beforeAll(async () => {
  app = await startSlipway()
  const answer = await fetch(`${app.url}/openapi.json`)
  text = await answer.text()
  document = JSON.parse(text) as Document
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Method and path of each operation. */
const described = () =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )

/** Method and path of each route, as the router has it. */
async function servedRoutes(): Promise<string[]> {
  const outfile = join(folder, 'app.mjs')
  await build({
    entryPoints: [join(root, 'src/app.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    loader: { '.txt': 'text', '.css': 'text', '.md': 'text' },
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  const { app: router } = (await import(pathToFileURL(outfile).href)) as {
    app: { routes: { method: string; path: string }[] }
  }
  const routes = router.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  return [...new Set(routes)]
}

describe('the document', () => {
  it('has every route that is served, and none that is not', async () => {
    const served = await servedRoutes()
    expect(served.length).toBeGreaterThan(50)
    const routes = described().map(({ route }) => route)
    // HEAD is served wherever GET is.
    const own = routes.filter((route) => !served.includes(route.replace(/^HEAD /, 'GET ')))
    expect(own).toEqual([])
    expect(served.filter((route) => !routes.includes(route))).toEqual([])
  })

  it('says of each route truly whether it wants a token', async () => {
    for (const { route, method, path, operation } of described()) {
      const url = `${app.url}${path.replace(/\{\w+\}/g, 'x')}`
      const answer = await fetch(url, {
        method,
        redirect: 'manual',
        headers: { 'tus-resumable': '1.0.0', connection: 'close' },
      })
      const body = await answer.text()
      expect(body, route).not.toContain('There is no such route')
      expect(answer.status === 401, route).toBe(operation.security.length > 0)
    }
  })

  it('names no place but the one that it comes from', () => {
    expect(document.servers.map(({ url }) => url)).toEqual(['/'])
    expect(text).not.toContain(app.url)
    expect(text).not.toMatch(/localhost|127\.0\.0\.1|workers\.dev|\.internal/)
  })

  it('is the same at the second request, and open to tools of other origins', async () => {
    const answer = await fetch(`${app.url}/openapi.json`, { headers: { origin: 'https://x.test' } })
    expect(await answer.text()).toBe(text)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('content-type')).toBe('application/json')
    const etag = answer.headers.get('etag') ?? ''
    const again = await fetch(`${app.url}/openapi.json`, {
      headers: { 'if-none-match': `"other", W/${etag}` },
    })
    expect([again.status, await again.text(), etag.length]).toEqual([304, '', 24])
  })

  it('says what failures have beside their codes', async () => {
    const responses = (document as unknown as { components: { responses: Responses } }).components
      .responses
    const of = (method: string, path: string, status: number) => {
      const { $ref = '' } = document.paths[path]?.[method]?.responses[status] as { $ref?: string }
      const found = responses[$ref.split('/').at(-1) ?? '']
      return { headers: Object.keys(found?.headers ?? {}), hasBody: found?.content !== undefined }
    }
    const content = '/api/cloud/connections/{id}/items/{item}/content'
    expect(of('get', content, 416)).toMatchObject({ hasBody: true })
    expect(of('get', content, 416).headers).toContain('Content-Range')
    expect(of('head', content, 416)).toMatchObject({ hasBody: false })
    expect(of('patch', '/api/uploads/{id}', 404).headers).toContain('Tus-Resumable')
    expect(of('get', content, 404).headers).not.toContain('Tus-Resumable')
    const token = await app.token('ann')
    const ask = (method: string, path: string) =>
      fetch(app.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          connection: 'close',
          'tus-resumable': '1.0.0',
        },
      })
    const lost = await ask('PATCH', '/api/uploads/lost')
    expect(lost.headers.get('tus-resumable')).toBe('1.0.0')
    await lost.text()
    for (const path of ['/api/uploads/lost', '/api/cloud/connections/lost/items/x/content']) {
      const head = await ask('HEAD', path)
      expect([head.status, await head.text()]).toEqual([404, ''])
      expect(head.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{8,64}$/)
    }
  })

  it('passes the linter', async () => {
    const config = await createConfig({ extends: ['recommended'] })
    const found = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
    const told = found.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`)
    expect(told.toSorted()).toEqual(EXCUSED.toSorted())
  })
})

/** What the linter may say, and nothing else. */
const EXCUSED = [
  // What is written out goes before a parameter, and no document's id is "signed".
  'no-ambiguous-paths #/paths/~1api~1documents~1signed~1{token}',
  'no-ambiguous-paths #/paths/~1api~1documents~1{id}~1text',
  // The same, and no account's id is "connect" or "callback".
  ...['refresh', 'status'].map(
    (last) => `no-ambiguous-paths #/paths/~1api~1cloud-accounts~1{account_id}~1${last}`,
  ),
  // Nothing is sent to these that could be wrong.
  ...[
    ...['~1api~1uploads/options', '~1api~1uploads~1{id}/options', '~1healthz/get', '~1/get'],
    ...[
      '~1openapi.json/get',
      '~1docs/get',
      '~1client.js/get',
      '~1picker.js/get',
      '~1favicon.svg/get',
    ],
  ].map((place) => `operation-4xx-response #/paths/${place}/responses`),
  // Forms of pages: the answer is another page.
  ...['~1sign-in/post', '~1sign-out/post'].map(
    (place) => `operation-2xx-response #/paths/${place}/responses`,
  ),
]

describe('a client that is made from it', () => {
  it('compiles, and lets nothing wrong through', async () => {
    const types = astToString(await openapiTS(JSON.parse(text) as never))
    const errors = compile({ 'api.ts': types, 'right.ts': RIGHT, 'wrong.ts': WRONG })
    expect(errors.filter(({ file }) => file !== 'wrong.ts')).toEqual([])
    expect(errors.length).toBe(4)
  }, 120_000)
})

const RIGHT = `
import createClient from 'openapi-fetch'
import type { components, paths } from './api.js'

const client = createClient<paths>({ baseUrl: 'https://slipway.example' })

export async function story(file: Blob): Promise<string[]> {
  const { data, error } = await client.GET('/api/cloud/connections', { params: { query: { limit: 10 } } })
  if (error !== undefined) throw new Error(error.code === 'unauthorized' ? 'sign in' : error.detail)
  const names: string[] = []
  for (const { id, status, quota } of data.connections) {
    if (status === 'REQUIRES_REAUTH') continue
    const free: number = (quota?.total ?? 0) - (quota?.used ?? 0)
    if (free < file.size) continue
    const listing = await client.GET('/api/cloud/connections/{id}/items', {
      params: { path: { id }, query: { folder_id: 'root', fresh: '1' } },
    })
    names.push(...(listing.data?.items ?? []).map(nameOf))
    const started = await client.POST('/api/imports', {
      params: { header: { 'Idempotency-Key': '"1"' } },
      body: { connection_id: id, items: [{ id: 'root' }], on_duplicate: 'replace' },
    })
    const state = started.data?.import.status
    if (state === 'failed') names.push(started.data?.import.error ?? '')
  }
  return names
}

const nameOf = ({ name, is_folder }: components['schemas']['Item']) => (is_folder ? name + '/' : name)
`

const WRONG = `
import createClient from 'openapi-fetch'
import type { paths } from './api.js'

const client = createClient<paths>({ baseUrl: 'https://slipway.example' })
await client.GET('/api/cloud/connection')
await client.GET('/api/cloud/connections/{id}', { params: { path: { ident: 'x' } } })
await client.POST('/api/imports', { body: { connection_id: 'x', items: [{ id: 'y' }], on_duplicate: 'ask' } })
const { data } = await client.GET('/api/users/me')
data?.user_name
`

/** What tsc says of the files, strictly. */
function compile(files: Readonly<Record<string, string>>) {
  const paths = Object.entries(files).map(([name, content]) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  })
  const program = ts.createProgram(paths, {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    // The folder is outside of the project.
    paths: { 'openapi-fetch': [join(root, 'node_modules/openapi-fetch')] },
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => ({
    file: file && basename(file.fileName),
    message: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }))
}
