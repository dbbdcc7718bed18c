// How every vendor of the benchmark answers: with an exact length, so that connections stay open.

export function send(response, status, headers, body = '') {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

export function json(response, value, status = 200, headers = {}) {
  send(response, status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value))
}

/** A file that arrived garbled: the upload fails, and the benchmark with it. */
export function garbled(response) {
  json(response, { error: { code: 'garbled', message: 'These are not the bytes.' } }, 500)
}
