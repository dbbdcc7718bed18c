// The documentation: every page is served, every link leads somewhere, and what it says of settings, tables, codes and tests is what there is.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBLEMS } from '../../src/problems/problem.ts'
import { root } from '../build-worker.ts'
import { startSlipway, type Slipway } from '../harness.ts'

let app: Slipway
beforeAll(async () => {
  app = await startSlipway()
})
afterAll(() => app.close())

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const names = readdirSync(join(root, 'docs')).map((file) => file.replace(/\.md$/, ''))
const FILES = ['README.md', ...names.map((name) => `docs/${name}.md`)]

const open = async (path: string) => {
  const answer = await fetch(`${app.url}${path}`, { headers: { connection: 'close' } })
  return { status: answer.status, headers: answer.headers, html: await answer.text() }
}
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, one]) => one)
const attributes = (html: string, name: string) =>
  matches(html, new RegExp(`\\s${name}="([^"]*)"`, 'g')).map((one) => one?.replace(/&amp;/g, '&'))

describe('a page', () => {
  it.each(names)('%s is served with its title, as a page that runs nothing', async (name) => {
    const { status, headers, html } = await open(`/docs/${name}`)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    const title = /^# (.+)$/m.exec(read(`docs/${name}.md`))?.[1]
    expect(html).toContain(`<title>${title} – Slipway</title>`)
    expect(html.match(/<h1/g)?.length).toBe(1)
    expect(html).not.toMatch(/<script|\sstyle=|\son\w+=/)
    // Each link leads to something on this page, or to another that is served.
    const ids = attributes(html, 'id')
    expect(new Set(ids).size).toBe(ids.length)
    for (const href of attributes(html, 'href').map(String)) {
      if (href.startsWith('#')) expect(ids, href).toContain(href.slice(1))
      else if (href.startsWith('/docs/'))
        expect(names, href).toContain(/[a-z-]+$/.exec(href.split('#')[0] ?? '')?.[0])
      else expect(href).toMatch(/^(https?:\/\/|\/(docs|openapi\.json|favicon\.svg|assets\/.+)?$)/)
    }
  })

  it('that there is not is 404', async () => {
    expect((await open('/docs/nothing')).status).toBe(404)
  })

  it('is in the list beside the API’s routes, and in the README', async () => {
    const { html } = await open('/docs')
    const linked = attributes(html, 'href').filter((href) => href?.startsWith('/docs/'))
    expect(linked.toSorted()).toEqual(names.map((name) => `/docs/${name}`).toSorted())
    const listed = matches(read('README.md'), /\]\(docs\/([a-z-]+)\.md\)/g)
    expect([...new Set(listed)].toSorted()).toEqual(names.toSorted())
  })
})

/** What a heading is linked by where the repository is shown: written anew here, to be compared with what the pages have. */
function anchorsOf(markdown: string): string[] {
  const outside = markdown.replace(/^ *```[\s\S]*?^ *```/gm, '')
  return matches(outside, /^#{1,6} (.+)$/gm).map((words) =>
    (words ?? '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}

describe('links', () => {
  it.each(FILES)('of %s lead to files, and to headings in them', (file) => {
    const text = read(file).replace(/^ *```[\s\S]*?^ *```/gm, '')
    for (const href of matches(text, /\]\(([^)\s]+)\)/g).map(String)) {
      if (/^https?:/.test(href)) continue
      const [path = '', anchor] = href.split('#')
      const target = path === '' ? file : normalize(join(dirname(file), path))
      expect(existsSync(join(root, target)), `${href} in ${file}`).toBe(true)
      if (anchor !== undefined)
        expect(anchorsOf(read(target)), `${href} in ${file}`).toContain(anchor)
    }
  })

  it('have the same anchors where they are served', async () => {
    for (const name of names) {
      const { html } = await open(`/docs/${name}`)
      const ids = attributes(html, 'id')
      for (const anchor of anchorsOf(read(`docs/${name}.md`))) expect(ids, name).toContain(anchor)
    }
  })
})

/** The rows of the tables below a heading; of all tables, where there is none. */
const firstCells = (markdown: string) => matches(markdown, /^\| *([^|]+?) *\|/gm).map(String)
const quoted = (text: string) => matches(text, /`([^`]+)`/g).map(String)

describe('what is said', () => {
  it('of settings is all of them, and no others', () => {
    const source = read('src/env.ts')
    const schema = /const schema = z\.object\(\{([\s\S]*?)\n\}\)/.exec(source)?.[1] ?? ''
    const own = matches(schema, /^ {2}([A-Z][A-Z_]+):/gm).map(String)
    const ofProviders = matches(source, /\bread\('([A-Z_]+)'\)/g).map(
      (name) => `<PROVIDER>_${name}`,
    )
    expect(own.length).toBeGreaterThan(15)
    expect(ofProviders.length).toBe(3)
    const documented = firstCells(read('docs/settings.md')).flatMap(quoted)
    expect(documented.toSorted()).toEqual([...own, ...ofProviders].toSorted())
  })

  it('of what is stored has every table with every column, and every prefix', () => {
    const page = read('docs/storage.md')
    const columns = new Map<string, Set<string>>()
    for (const file of readdirSync(join(root, 'migrations')).filter((one) =>
      one.endsWith('.sql'),
    )) {
      const sql = read(`migrations/${file}`)
      for (const [, table = '', body = ''] of sql.matchAll(
        /CREATE TABLE `(\w+)` \(([\s\S]*?)\n\);/g,
      )) {
        columns.set(table, new Set(matches(body, /^\s+`(\w+)`/gm).map(String)))
      }
      for (const [, table = '', column = ''] of sql.matchAll(/ALTER TABLE `(\w+)` ADD `(\w+)`/g)) {
        columns.get(table)?.add(column)
      }
    }
    expect(columns.size).toBeGreaterThan(10)
    for (const [table, own] of columns) {
      const section = page.split(/^### /m).find((one) => one.startsWith(`\`${table}\``)) ?? ''
      const documented = firstCells(section).flatMap(quoted)
      expect(documented.toSorted(), table).toEqual([...own].toSorted())
    }
    const source = sourceOf('src')
    const kept = [
      ...matches(source, /=> `([a-z-]+:)\$\{/g),
      ...matches(source, /[`'](files\/|staging\/|spool\/)/g),
      ...matches(source, /state\s*\.put\(\s*[`']([a-z-]+:?)/g),
    ]
    expect(new Set(kept)).toEqual(new Set(['oauth-state:', 'files/', 'staging/', 'spool/']))
    for (const prefix of kept) expect(page).toContain(`| \`${prefix}\``)
    // Whoever begins to keep something under another key has to say so above.
    expect(source.match(/\bstate\.put\(/g)?.length).toBe(1)
  })

  it('of problem codes is all of them with their status, and no others', () => {
    const page = read('docs/api.md')
    const section = page.split(/^## /m).find((one) => one.startsWith('Errors')) ?? ''
    const documented = [...section.matchAll(/^\| `(\w+)` +\| (\d+) /gm)]
    const listed = documented.map(([, code, status]) => [code, Number(status)])
    expect(listed).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]))
    for (const file of FILES) {
      for (const code of matches(read(file), /\/problems\/([a-z_]+)[`)\s]/g)) {
        expect(Object.keys(PROBLEMS), file).toContain(code)
      }
    }
  })

  it('of threats names tests that there are, at least one for each', () => {
    const page = read('docs/threat-model.md')
    const threats = page.slice(page.indexOf('## Threats'), page.indexOf('## What is not defended'))
    const rows = threats.split('\n').filter((line) => /^\| (?!threat |-)/.test(line))
    expect(rows.length).toBeGreaterThan(40)
    for (const row of rows) {
      const tests = [...row.matchAll(/`(test\/[\w/.-]+)`: “([^”]+)”/g)]
      expect(tests.length, row).toBeGreaterThan(0)
      for (const [, file = '', title = ''] of tests) {
        const starts = ["'", '"', '`'].map((mark) => mark + title)
        const found = existsSync(join(root, file)) && starts.some((one) => read(file).includes(one))
        expect(found, `${file}: ${title}`).toBe(true)
      }
    }
  })
})

/** All of the source, as one text. */
function sourceOf(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => read(join(folder, file)))
    .join('\n')
}
