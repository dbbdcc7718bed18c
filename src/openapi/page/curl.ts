// An example of a call as a line for a shell, made of the examples in the document.
import type { OperationObject } from '../document.ts'

/** With `$SLIPWAY` for the service's address and `$JWT` for the token. */
export function curlOf(method: string, path: string, operation: OperationObject): string {
  const { parameters = [], requestBody, responses, security } = operation
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const found = parameters.find((one) => one.in === 'path' && one.name === name)
    return encodeURIComponent(String(found?.example ?? found?.schema.enum?.[0] ?? name))
  })
  const query = new URLSearchParams()
  for (const { in: place, name, example } of parameters) {
    if (place === 'query' && example !== undefined) query.set(name, String(example))
  }
  const search = query.size > 0 && security.length > 0 ? `?${query}` : ''
  const headers = parameters.filter((one) => one.in === 'header' && one.required)
  const parts = [
    `curl ${methodOf(method, responses)}"$SLIPWAY${filled}${search}"`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $JWT"'] : []),
    ...headers.map(
      ({ name, example, schema }) =>
        `-H ${quoted(`${name}: ${String(example ?? schema.enum?.[0])}`)}`,
    ),
    ...bodyOf(method, requestBody),
  ]
  return parts.join(' \\\n  ')
}

function methodOf(method: string, responses: OperationObject['responses']): string {
  if (method === 'head') return '-I '
  if (method !== 'get') return method === 'put' ? '' : `-X ${method.toUpperCase()} `
  const found = responses['200']
  const content = found !== undefined && 'content' in found ? (found.content ?? {}) : {}
  if ('*/*' in content) return '-OJ '
  return 'text/event-stream' in content ? '-N ' : ''
}

function bodyOf(method: string, body: OperationObject['requestBody']): string[] {
  const [type, media] =
    Object.entries(body?.content ?? {}).find(([, { example }]) => example !== undefined) ??
    Object.entries(body?.content ?? {})[0] ??
    []
  if (type === undefined || media === undefined) return []
  if (type === 'application/json') {
    return [`-H 'Content-Type: ${type}'`, `-d ${quoted(JSON.stringify(media.example ?? {}))}`]
  }
  if (type === 'application/x-www-form-urlencoded') {
    return [`-d ${quoted(new URLSearchParams(media.example as Record<string, string>).toString())}`]
  }
  if (method === 'put') return ['-T Report.pdf']
  return [`-H 'Content-Type: ${type}'`, '--data-binary @part']
}

/** For a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
