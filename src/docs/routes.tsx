// The documentation's pages, for people: the same files as in the repository. Each is rendered when it is first asked for.
import { Hono } from 'hono'
import { raw } from 'hono/html'
import type { AppEnv } from '../app-context.ts'
import { Problem } from '../problems/problem.ts'
import { renderPage } from '../ui/layout.tsx'
import { DocsHeader, PageList } from './frame.tsx'
import { DOC_PAGES, titleOf } from './pages.ts'
import type { RenderedPage } from './render.ts'

const rendered = new Map<string, RenderedPage>()

export const docs = new Hono<AppEnv>()

docs.get('/:page', async (c) => {
  const name = c.req.param('page')
  const page = DOC_PAGES.find((one) => one.name === name)
  if (page === undefined) throw new Problem('not_found', 'There is no such page.')
  // Loaded only now: no other request should have to wait for it.
  const { renderMarkdown } = await import('./render.ts')
  const { html, headings } = rendered.get(name) ?? renderMarkdown(page.text)
  rendered.set(name, { html, headings })
  return renderPage(
    { title: `${titleOf(page)} – Slipway` },
    <>
      <DocsHeader />
      <main class="wrap docs guide" id="content">
        {raw(html.slice(0, endOfTitle(html)))}
        <nav aria-label="On this page">
          <ul>
            {headings.map(({ id, text }) => (
              <li>
                <a href={`#${id}`}>{text}</a>
              </li>
            ))}
          </ul>
        </nav>
        {raw(html.slice(endOfTitle(html)))}
        <h2 id="all-pages">All pages</h2>
        <PageList current={name} />
      </main>
    </>,
  )
})

function endOfTitle(html: string): number {
  const end = '</h1>'
  return html.indexOf(end) + end.length
}
