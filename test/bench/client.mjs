// What the benchmark does to the API, and the same with the bare Worker: uploads of every kind, downloads, listings.
import { randomUUID } from 'node:crypto'
import { send } from './send.mjs'

const BOUNDARY = 'the-boundary-of-the-benchmark'

/** @param workerd what `startWorkerd` gave */
export function createClient(workerd, vendorUrl) {
  const api = (options) =>
    send(workerd.port, { ...options, headers: { ...workerd.headers, ...options.headers } })
  const bare = (method, headers, body) => send(workerd.barePort, { method, headers, body })

  /** Runs `one` for each piece of `size` bytes. */
  async function inPieces(size, piece, one) {
    for (let offset = 0; offset < size; offset += piece) {
      await one({ offset, length: Math.min(piece, size - offset) })
    }
  }

  async function createTus(metadata, size) {
    const pairs = Object.entries({ filename: `${randomUUID()}.bin`, ...metadata })
    const encode = ([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`
    const { headers } = await api({
      method: 'POST',
      path: '/api/uploads',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': String(size),
        'upload-metadata': pairs.map(encode).join(','),
      },
      body: '',
    })
    return new URL(headers.location).pathname
  }

  return {
    api,

    /** A PUT of the whole file. */
    put: (connection, size) =>
      api({
        method: 'PUT',
        path: `/api/cloud/connections/${connection}/content?name=bench.bin&conflict=replace`,
        body: { offset: 0, length: size },
      }),

    /** The documents' form. */
    postForm: (backend, size) => {
      const part = (name, more) =>
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n`
      const before =
        `${part('target_backend', '')}\r\n${backend}\r\n` +
        `${part('file', '; filename="bench.bin"')}Content-Type: application/octet-stream\r\n\r\n`
      return api({
        method: 'POST',
        path: '/api/documents/upload',
        headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
        body: { before, offset: 0, length: size, after: `\r\n--${BOUNDARY}--\r\n` },
      })
    },

    /**
     * A file by tus in PATCHes of `piece` bytes, each from where the one before has come to. Resolves to the item's path, and to the
     * PATCHes' number.
     */
    tus: async (metadata, size, piece) => {
      const path = await createTus(metadata, size)
      let count = 0
      for (let offset = 0; ;) {
        const { headers } = await api({
          method: 'PATCH',
          path,
          headers: {
            'tus-resumable': '1.0.0',
            'upload-offset': String(offset),
            'content-type': 'application/offset+octet-stream',
          },
          body: { offset, length: Math.min(piece, size - offset) },
        })
        count++
        const reached = Number(headers['upload-offset'])
        if (!(reached > offset)) throw new Error(`${path} stays at ${offset}`)
        offset = reached
        if (offset === size) {
          return { count, item: new URL(headers['content-location']).pathname }
        }
      }
    },

    remove: (path) => api({ method: 'DELETE', path }),
    download: (path, size) => api({ path: `${path}/content`, expect: size }),
    list: (path) => api({ path }),

    /** The same bytes in requests of the same size through the bare Worker. */
    passOn: (size, piece = size) =>
      inPieces(size, piece, ({ offset, length }) =>
        bare(
          'PUT',
          { 'x-target': `${vendorUrl}/bare/file`, 'x-offset': String(offset) },
          { offset, length },
        ),
      ),
    /** The same bytes into the bare Worker's bucket, an object for each request; `onwards`: and from there to the vendor. */
    putBare: async (size, piece, onwards) => {
      const keys = []
      await inPieces(size, piece, async (part) => {
        keys.push([`bench-${part.offset}`, part.offset])
        await bare('PUT', { 'x-key': `bench-${part.offset}` }, part)
      })
      for (const [key, offset] of onwards ? keys : []) {
        const target = `${vendorUrl}/bare/file`
        await bare('POST', { 'x-key': key, 'x-target': target, 'x-offset': String(offset) }, '')
      }
      return keys.map(([key]) => key)
    },
    removeBare: async (keys) => {
      for (const key of keys) await bare('DELETE', { 'x-key': key })
    },
    fetchBare: (path, size) =>
      send(workerd.barePort, { headers: { 'x-target': vendorUrl + path }, expect: size }),
  }
}
