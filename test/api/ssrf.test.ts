// Users' own servers: what may not be reached is never connected to, by name, by address, by DNS or by redirect.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSlipway, type Slipway } from '../harness.ts'

interface Dns {
  readonly url: string
  /** Host name → its addresses. */
  readonly zone: Record<string, string[]>
  readonly asked: string[]
  broken: boolean
  readonly server: Server
}

async function startDns(): Promise<Dns> {
  const zone: Record<string, string[]> = {}
  const asked: string[] = []
  const dns = { zone, asked, broken: false, url: '', server: createServer() }
  dns.server.on('request', (request, response) => {
    const query = new URL(request.url ?? '', 'http://dns').searchParams
    const name = query.get('name') ?? ''
    const type = query.get('type') === 'AAAA' ? 28 : 1
    asked.push(name)
    if (dns.broken) {
      response.writeHead(500).end('broken')
      return
    }
    const addresses = zone[name]
    const fitting = (addresses ?? []).filter((one) => one.includes(':') === (type === 28))
    const answer = fitting.map((data) => ({ name, type, TTL: 60, data }))
    response.setHeader('content-type', 'application/dns-json')
    response.end(JSON.stringify({ Status: addresses === undefined ? 3 : 0, Answer: answer }))
  })
  await new Promise<void>((resolve) => dns.server.listen(0, '127.0.0.1', resolve))
  dns.url = `http://127.0.0.1:${(dns.server.address() as AddressInfo).port}/dns-query`
  return dns
}

const FORMS = [
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://127.0.0.1./',
  'https://127。0。0。1/',
  'https://①②⑦.0.0.1/',
  'https://0300.0250.1.1/',
  'https://0/',
  'https://1.2.3/',
  'https://256.1.1.1/',
  'https://4294967296/',
  'https://[fe80::1%25eth0]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::1]/',
  'https://[::]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fd00:ec2::254]/',
  'https://LOCALHOST./',
  'https://localhost%2e/',
  'https://localhost/',
  'https://localhost.localdomain/',
  'https://a@b@127.0.0.1/',
  'https:\\\\127.0.0.1',
  'https://user:password@cloud.example.net/',
  'https://cloud.example.net:22/',
  'https://cloud.example.net:25/',
  'https://cloud.example.net/#x',
  'http://cloud.example.net/',
  'ftp://cloud.example.net/',
  'file:///etc/passwd',
  'gopher://cloud.example.net/',
  'javascript:alert(1)',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://metadata/',
  'https://instance-data/',
  'https://metadata.google.internal/',
  'https://nas.local/',
  'https://router.lan/',
  'https://x.home.arpa/',
  'https://intranet.corp/',
  'https://hidden.onion/',
  'https://a.test/',
  'nonsense',
]

const LINK_LOCAL = [
  'https://169.254.169.254/latest/meta-data/',
  'http://169.254.169.254/',
  'https://0xa9fea9fe/',
  'https://2852039166/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[fe80::1]/',
]

describe('in production', () => {
  let app: Slipway
  let dns: Dns
  beforeAll(async () => {
    dns = await startDns()
    app = await startSlipway({ settings: { ALLOW_PRIVATE_SERVERS: 'false', DOH_URL: dns.url } })
  })
  afterAll(async () => {
    await app.close()
    dns.server.close()
  })

  const connect = async (server_url: string) => {
    const response = await app.as('eve')('/api/cloud/connections/webdav', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'webdav', server_url, username: 'eve', password: 'x' }),
    })
    return (await response.json()) as { code: string; detail: string; errors?: { field: string }[] }
  }

  it.each(FORMS)('ssrf_validation: %s is refused before anything is asked', async (url) => {
    const before = dns.asked.length
    const problem = await connect(url)
    expect(problem.code).toBe('blocked_url')
    expect(problem.errors?.[0]?.field).toBe('body.server_url')
    expect(dns.asked.length).toBe(before)
    expect(app.emulators.dav.requests).toEqual([])
  })

  it.each(LINK_LOCAL)('ssrf_link_local: %s is refused', async (url) => {
    expect((await connect(url)).code).toBe('blocked_url')
  })

  it.each([
    ['a private address', ['10.0.0.7']],
    ['a metadata address', ['169.254.169.254']],
    ['a mapped loopback address', ['::ffff:127.0.0.1']],
    ['one private among public ones', ['93.184.216.34', '192.168.0.1']],
    ['a private IPv6 address beside a public IPv4 one', ['93.184.216.34', 'fd00::1']],
  ])('ssrf_validation: a name with %s is refused', async (_, addresses) => {
    dns.zone['rebind.example.net'] = addresses
    const problem = await connect('https://rebind.example.net/dav/')
    expect(problem.code).toBe('blocked_url')
    // One text for all of them: the form is no port scanner.
    expect(problem.detail).toBe('The server address does not resolve to a public address.')
    expect(dns.asked).toContain('rebind.example.net')
  })

  it('refuses a name that does not exist with the same words', async () => {
    const problem = await connect('https://nowhere.example.net/')
    expect(problem).toMatchObject({
      code: 'blocked_url',
      detail: 'The server address does not resolve to a public address.',
    })
  })

  it('fails closed when the resolver does', async () => {
    dns.broken = true
    dns.zone['fine.example.net'] = ['93.184.216.34']
    expect((await connect('https://fine.example.net/')).code).toBe('server_check_failed')
    dns.broken = false
  })

  it('does not even reach loopback', async () => {
    const problem = await connect(`${app.emulators.url}/dav-server/`)
    expect(problem.code).toBe('blocked_url')
    expect(app.emulators.dav.requests).toEqual([])
  })
})

describe('redirects', () => {
  let app: Slipway
  beforeAll(async () => {
    app = await startSlipway()
  })
  afterAll(() => app.close())

  const connect = async () => {
    const response = await app.as('eve')('/api/cloud/connections/webdav', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        provider: 'webdav',
        server_url: `${app.emulators.url}/dav-server/`,
        username: 'mia',
        password: 'secret',
      }),
    })
    return { status: response.status, ...((await response.json()) as { code?: string }) }
  }

  it('ssrf_validation: a redirect to a metadata address is not followed', async () => {
    const { dav } = app.emulators
    dav.settings.redirect = { to: { url: 'http://169.254.169.254/latest/' }, status: 302 }
    expect(await connect()).toMatchObject({ status: 422, code: 'blocked_url' })
    dav.reset()
  })

  it('gives no credentials to another origin', async () => {
    const { dav } = app.emulators
    dav.settings.redirect = { to: 'trap', status: 307 }
    expect(await connect()).toMatchObject({ status: 422 })
    expect(dav.visits.length).toBeGreaterThan(0)
    expect(dav.leaks).toEqual([])
    dav.reset()
  })

  it('ends a loop of redirects', async () => {
    const { dav } = app.emulators
    dav.settings.redirect = { to: 'loop', status: 302 }
    expect(await connect()).toMatchObject({ status: 422, code: 'server_check_failed' })
    expect(dav.requests.length).toBeLessThan(10)
    dav.reset()
  })
})
