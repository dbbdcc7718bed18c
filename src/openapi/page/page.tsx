// The document as a page for people: contents, how to authenticate, every operation, every schema. Needs no script.
import { DocsHeader, PageList } from '../../docs/frame.tsx'
import type { Document, Method, OperationObject } from '../document.ts'
import { OperationArticle } from './operation.tsx'
import { Members, Type } from './schema.tsx'
import { inline, Words } from './words.tsx'

interface Place {
  readonly method: Method
  readonly path: string
  readonly operation: OperationObject
}

export function DocsPage({ document }: { readonly document: Document }) {
  const places = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Place => ({
      method: method as Method,
      path,
      operation,
    })),
  )
  const groups = document.tags.map((tag) => ({
    ...tag,
    places: places.filter(({ operation }) => operation.tags.includes(tag.name)),
  }))
  return (
    <>
      <DocsHeader />
      <main class="wrap docs" id="content">
        <h1>{String(document.info['title'])} API</h1>
        <p class="muted">
          Version {String(document.info['version'])}, OpenAPI {document.openapi}
        </p>
        <Words text={String(document.info['description'])} />
        <section aria-labelledby="guides">
          <h2 id="guides">Guides</h2>
          <PageList />
        </section>
        <Authentication document={document} />
        <nav aria-labelledby="contents">
          <h2 id="contents">Contents</h2>
          {groups.map(({ name, places: own }) => (
            <details>
              <summary>{name}</summary>
              <ul>
                <li>
                  <a href={`#tag-${name}`}>About {name.toLowerCase()}</a>
                </li>
                {own.map(({ operation }) => (
                  <li>
                    <a href={`#${operation.operationId}`}>{operation.summary}</a>
                  </li>
                ))}
              </ul>
            </details>
          ))}
          <p>
            <a href="#schemas">Schemas</a>
          </p>
        </nav>
        {groups.map(({ name, description, places: own }) => (
          <section aria-labelledby={`tag-${name}`}>
            <h2 id={`tag-${name}`}>{name}</h2>
            <p>{inline(description)}</p>
            {own.map((place) => (
              <OperationArticle document={document} {...place} />
            ))}
          </section>
        ))}
        <section aria-labelledby="schemas">
          <h2 id="schemas">Schemas</h2>
          {Object.entries(document.components.schemas).map(([name, schema]) => (
            <article class="card operation" id={`schema-${name}`}>
              <h3>{name}</h3>
              {schema.description !== undefined && <p>{inline(schema.description)}</p>}
              {schema.properties === undefined && (
                <p>
                  <Type schema={schema} />
                </p>
              )}
              <Members schema={schema} />
            </article>
          ))}
        </section>
      </main>
    </>
  )
}

function Authentication({ document }: { readonly document: Document }) {
  const { bearer, session } = document.components.securitySchemes
  return (
    <section aria-labelledby="authentication">
      <h2 id="authentication">How to authenticate</h2>
      <p>
        {inline(bearer?.['description'] ?? '')} The service checks it with the key, or the key set,
        that its operator has set: signature, expiry, and issuer and audience where those are set.
      </p>
      <pre>{`SLIPWAY=https://slipway.example
curl -H "Authorization: Bearer $JWT" "$SLIPWAY/api/users/me"`}</pre>
      <p>
        The service’s own pages send the same token as the cookie <code>{session?.['name']}</code>.
        A request with an <code>Authorization</code> header never falls back to it. Pages of other
        origins need the operator’s leave (<code>FRONTEND_ORIGINS</code>), and a token of their own.
      </p>
      <p>
        Two kinds of URLs need no token, as they carry in their path what they are good for: a{' '}
        <a href="#createTicket">ticket</a> gives one item for a minute; a{' '}
        <a href="#createDocumentLink">signed URL</a> gives one document until its end, or{' '}
        <a href="#uploadDocument">takes its bytes</a> once.
      </p>
    </section>
  )
}
