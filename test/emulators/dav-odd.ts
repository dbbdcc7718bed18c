// Makes the answers of servers that are broken, hostile or no WebDAV servers at all.
import type { DavSettings } from './dav-settings.ts'

const xml = 'application/xml; charset=utf-8'

/** The answer that takes the place of a multistatus, or undefined for a normal server. */
export function answerOddly(answer: DavSettings['answer']): Response | undefined {
  switch (answer) {
    case 'multistatus':
      return undefined
    case 'login-page':
      return loginPage()
    case 'empty-multistatus':
      return reply('<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:"/>\n')
    case 'doctype':
      return reply(`<?xml version="1.0"?>\n<!DOCTYPE d:multistatus>\n${sample('/a.txt')}`)
    case 'entity-bomb':
      return reply(`<?xml version="1.0"?>\n${bomb()}\n${sample('&e9;')}`)
    case 'external-entity':
      return reply(
        `<?xml version="1.0"?>\n<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n${sample('&e;')}`,
      )
    case 'not-xml':
      return reply('<d:multistatus xmlns:d="DAV:"><d:response></d:multistatus>')
    case 'cut':
      return reply(sample('/dav-server/a.txt').slice(0, -40))
    case 'deep':
      return reply(`<d:multistatus xmlns:d="DAV:">${'<d:x>'.repeat(100_000)}`)
    case 'endless':
      return endless()
    case 'utf-16':
      return reply(
        Buffer.concat([
          Buffer.from([0xff, 0xfe]),
          Buffer.from(`<?xml version="1.0" encoding="utf-16"?>${accented()}`, 'utf16le'),
        ]),
        'application/xml; charset=utf-16',
      )
    case 'latin-1':
      return reply(
        Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${accented()}`, 'latin1'),
        'application/xml',
      )
  }
}

/** What a proxy with a login form answers to everything. */
export function loginPage(): Response {
  return new Response('<!doctype html><title>Sign in</title><form><input name="user"></form>', {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
}

function reply(body: string | Uint8Array<ArrayBuffer>, type = xml): Response {
  return new Response(body, { status: 207, headers: { 'content-type': type } })
}

function sample(href: string): string {
  const prop = '<d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop>'
  const found = `<d:propstat>${prop}<d:status>HTTP/1.1 200 OK</d:status></d:propstat>`
  return `<d:multistatus xmlns:d="DAV:"><d:response><d:href>${href}</d:href>${found}</d:response></d:multistatus>`
}

/** A root folder and a file whose raw name has a letter outside ASCII, for the two other encodings. */
function accented(): string {
  const prop = '<d:prop><d:resourcetype/><d:getcontentlength>4</d:getcontentlength></d:prop>'
  const found = `<d:propstat>${prop}<d:status>HTTP/1.1 200 OK</d:status></d:propstat>`
  const file = `<d:response><d:href>/dav-server/caf\u00e9.txt</d:href>${found}</d:response>`
  return sample('/dav-server/').replace('</d:multistatus>', `${file}</d:multistatus>`)
}

function bomb(): string {
  const entities = Array.from({ length: 9 }, (_, index) => {
    const previous = index === 0 ? 'ha' : `&e${index};`
    return `<!ENTITY e${index + 1} "${previous.repeat(10)}">`
  })
  return `<!DOCTYPE m [${entities.join('')}]>`
}

/** Entries without an end, so that only a reader with a cap comes back; stops itself at 4 GiB. */
function endless(): Response {
  const entry = sample('/dav-server/same.txt').replace(
    /^.*?(<d:response>.*<\/d:response>).*$/,
    '$1',
  )
  const block = new TextEncoder().encode(entry.repeat(200))
  let left = 4 * 1024 ** 3
  let started = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!started) controller.enqueue(new TextEncoder().encode('<d:multistatus xmlns:d="DAV:">'))
      started = true
      left -= block.length
      if (left < 0) controller.close()
      else controller.enqueue(block)
    },
  })
  return new Response(body, { status: 207, headers: { 'content-type': xml } })
}
