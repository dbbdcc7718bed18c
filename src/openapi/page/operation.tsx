// One operation as HTML: what it takes, what it answers, how it fails, and a call of it.
import type { Document, MediaObject, OperationObject, ResponseObject } from '../document.ts'
import type { JsonSchema } from '../json-schema.ts'
import { PROBLEMS, type ProblemCode } from '../../problems/problem.ts'
import { curlOf } from './curl.ts'
import { Members, Rows, Type } from './schema.tsx'
import { inline, Words } from './words.tsx'

interface Props {
  readonly document: Document
  readonly method: string
  readonly path: string
  readonly operation: OperationObject
}

export function OperationArticle({ document, method, path, operation }: Props) {
  const { operationId, summary, description, parameters, requestBody, security } = operation
  return (
    <article class="card operation" id={operationId}>
      <h3>{summary}</h3>
      <p class="route">
        <strong class="verb">{method.toUpperCase()}</strong> <code>{path}</code>
      </p>
      {description !== undefined && <Words text={description} />}
      <p class="muted small">
        {operation.deprecated && 'Deprecated. '}
        {security.length > 0 ? 'With a token.' : 'Without a token.'} Called{' '}
        <code>{operationId}</code>.
      </p>
      {parameters && (
        <>
          <h4>Parameters</h4>
          <Rows
            rows={parameters.map((one) => ({
              ...one,
              note: `${one.in}${one.required ? ', required' : ''}`,
            }))}
          />
        </>
      )}
      {requestBody && (
        <>
          <h4>Body</h4>
          {requestBody.description !== undefined && <p>{inline(requestBody.description)}</p>}
          {!requestBody.required && <p>It may be left out.</p>}
          {Object.entries(requestBody.content).map(([type, media]) => (
            <Media type={type} media={media} isSent />
          ))}
        </>
      )}
      <Answers document={document} operation={operation} />
      <h4>For example</h4>
      <pre class="call">{curlOf(method, path, operation)}</pre>
    </article>
  )
}

function Answers({ document, operation }: Pick<Props, 'document' | 'operation'>) {
  const all = Object.entries(operation.responses).map(([status, response]) => ({
    status,
    response: resolve(document, response),
    isFailure: '$ref' in response,
  }))
  return (
    <>
      <h4>Answers</h4>
      {all
        .filter(({ isFailure }) => !isFailure)
        .map(({ status, response }) => (
          <Answer status={status} response={response} />
        ))}
      <h4>Failures</h4>
      <ul class="codes">
        {all
          .filter(({ isFailure }) => isFailure)
          .flatMap(({ status, response }) => codesOf(response).map((code) => ({ status, code })))
          .map(({ status, code }) => (
            <li>
              {status} <a href={`/problems/${code}`}>{code}</a>
              <span class="muted"> – {PROBLEMS[code].title}</span>
            </li>
          ))}
      </ul>
    </>
  )
}

function Answer({
  status,
  response,
}: {
  readonly status: string
  readonly response: ResponseObject
}) {
  // It stands with every answer: said once, at the top.
  const { 'X-Request-Id': _, ...headers } = response.headers ?? {}
  const rows = Object.entries(headers).map(([name, own]) => ({ name, note: 'header', ...own }))
  return (
    <>
      <p>
        <strong>{status}</strong> {inline(response.description)}
      </p>
      {Object.entries(response.content ?? {}).map(([type, media]) => (
        <Media type={type} media={media} />
      ))}
      {rows.length > 0 && <Rows rows={rows} />}
    </>
  )
}

function Media({
  type,
  media: { schema, example },
  isSent = false,
}: {
  readonly type: string
  readonly media: MediaObject
  readonly isSent?: boolean
}) {
  const shown = typeof example === 'string' ? example : JSON.stringify(example, null, 2)
  return (
    <>
      <p>
        <code>{type}</code>: {schema['format'] === 'binary' ? 'bytes' : <Type schema={schema} />}
      </p>
      <Members schema={schema} isSent={isSent} />
      {shown !== undefined && (
        <details>
          <summary>Example</summary>
          <pre>{shown}</pre>
        </details>
      )}
    </>
  )
}

function resolve(
  { components }: Document,
  response: ResponseObject | { readonly $ref: string },
): ResponseObject {
  if (!('$ref' in response)) return response
  return components.responses[response.$ref.split('/').at(-1) ?? ''] ?? { description: '' }
}

/** The codes that a failure can have: they stand beside the schema of all problems. */
function codesOf({ content }: ResponseObject): ProblemCode[] {
  const schema = content?.['application/problem+json']?.schema
  const [, own] = (schema?.['allOf'] ?? []) as readonly JsonSchema[]
  return (own?.properties?.['code']?.enum ?? []) as ProblemCode[]
}
