// What the documentation's pages and the API's have around them: the header, and the list of all pages.
import { DOC_PAGES, titleOf } from './pages.ts'

export function DocsHeader() {
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <div>
          <a class="brand" href="/">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            Slipway
          </a>
          <a href="/docs">Documentation</a>
          <a href="/openapi.json">openapi.json</a>
        </div>
      </header>
    </>
  )
}

/** @param current the page on which it stands, which is not linked */
export function PageList({ current }: { readonly current?: string }) {
  return (
    <ul class="pages">
      {current !== undefined && (
        <li>
          <a href="/docs">API reference</a>: every route, with its parameters, answers and errors.
        </li>
      )}
      {DOC_PAGES.map((page) => (
        <li>
          {page.name === current ? (
            <strong>{titleOf(page)}</strong>
          ) : (
            <a href={`/docs/${page.name}`}>{titleOf(page)}</a>
          )}
          : {page.about}
        </li>
      ))}
    </ul>
  )
}
