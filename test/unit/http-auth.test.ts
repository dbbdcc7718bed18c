// Digest and Basic against the examples of their RFCs, and what is sent when a server changes its mind.
import { createHash } from 'node:crypto'
import { beforeAll, afterAll, describe, expect, it, vi } from 'vitest'
import { digestAuthorization, parseChallenges, pickDigest } from '../../src/net/digest.ts'
import { basicHeader, createPasswordAuth } from '../../src/net/http-auth.ts'
import type { Outbound } from '../../src/net/http.ts'

// MD5 exists in workerd's WebCrypto, not in Node's.
const native = crypto.subtle.digest.bind(crypto.subtle)
beforeAll(() => {
  vi.spyOn(crypto.subtle, 'digest').mockImplementation((algorithm, data) => {
    if (algorithm !== 'MD5') return native(algorithm, data)
    const digest = createHash('md5')
      .update(new Uint8Array(data as ArrayBuffer))
      .digest()
    return Promise.resolve(new Uint8Array(digest).buffer)
  })
})
afterAll(() => vi.restoreAllMocks())

const RFC7616 = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  qop: true,
  userhash: false,
}
const INPUT = {
  username: 'Mufasa',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  count: 1,
}

describe('digestAuthorization', () => {
  it('computes the MD5 example of RFC 7616 section 3.9.1', async () => {
    const header = await digestAuthorization({ ...RFC7616, algorithm: 'MD5' }, INPUT)
    expect(header).toContain('response="8ca523f5e9506fed4657c9700eebdbec"')
    expect(header).toContain('nc=00000001')
    expect(header).toContain('qop=auth')
  })

  it('computes the SHA-256 example of RFC 7616 section 3.9.1', async () => {
    const header = await digestAuthorization({ ...RFC7616, algorithm: 'SHA-256' }, INPUT)
    expect(header).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    )
  })

  it('falls back to RFC 2069 without qop', async () => {
    const challenge = { ...RFC7616, algorithm: 'MD5', qop: false }
    const header = await digestAuthorization(challenge, INPUT)
    expect(header).not.toContain('nc=')
    expect(header).not.toContain('cnonce=')
  })
})

it('writes Basic in UTF-8 (RFC 7617 section 2.1)', () => {
  expect(basicHeader('test', '123£')).toBe('Basic dGVzdDoxMjPCow==')
})

describe('parseChallenges', () => {
  it('takes several challenges out of one field', () => {
    const header =
      'Basic realm="a, b", Digest realm="c \\"d\\"", nonce="n=1", qop="auth, auth-int", NTLM'
    const schemes = parseChallenges(header)
    expect(schemes.map(({ scheme }) => scheme)).toEqual(['basic', 'digest', 'ntlm'])
    expect(schemes[0]?.params.get('realm')).toBe('a, b')
    expect(schemes[1]?.params.get('realm')).toBe('c "d"')
    expect(schemes[1]?.params.get('nonce')).toBe('n=1')
  })
})

describe('pickDigest', () => {
  it('takes the strongest that can be spoken', () => {
    const header =
      'Digest realm="r", nonce="1", qop="auth", algorithm=MD5, ' +
      'Digest realm="r", nonce="2", qop="auth", algorithm=SHA-256, ' +
      'Digest realm="r", nonce="3", qop="auth", algorithm=SHA-512-256'
    expect(pickDigest(header)?.challenge.nonce).toBe('2')
  })

  it('leaves Basic alone and refuses what is bound to a connection', () => {
    expect(pickDigest('Basic realm="r"')).toBeUndefined()
    expect(pickDigest('')).toBeUndefined()
    expect(() => pickDigest('NTLM, Negotiate')).toThrow(/not supported/)
  })
})

describe('createPasswordAuth', () => {
  const options = { username: 'mia', password: 'secret', probeUrl: 'https://dav.example.net/' }
  const challenge = (nonce: string, stale = false) =>
    new Response(null, {
      status: 401,
      headers: {
        'www-authenticate': `Digest realm="r", nonce="${nonce}", qop="auth"${stale ? ', stale=true' : ''}`,
      },
    })

  function recordingServer(answers: Response[]) {
    const seen: { method: string; authorization: string }[] = []
    const send = (request: Outbound) => {
      seen.push({
        method: request.method ?? 'GET',
        authorization: request.headers?.['authorization'] ?? '',
      })
      return Promise.resolve(answers.shift() ?? new Response(null, { status: 200 }))
    }
    return { seen, send }
  }

  it('asks before it sends a body that cannot be sent twice, and never sends Basic after Digest', async () => {
    const { seen, send } = recordingServer([challenge('n1'), new Response(), challenge('n2')])
    const signed = createPasswordAuth({ ...options, cache: {} })
    const body = new Response('bytes').body
    const put = { url: 'https://dav.example.net/a', method: 'PUT', body }
    expect((await signed(put, send)).status).toBe(200)
    expect(seen.map(({ method }) => method)).toEqual(['PROPFIND', 'PROPFIND', 'PROPFIND', 'PUT'])
    expect(seen[0]?.authorization).toMatch(/^Basic /)
    // The body goes out behind a nonce that nothing has used up.
    expect(seen[2]?.authorization).toBe('')
    expect(seen[3]?.authorization).toContain('nonce="n2"')
    expect(seen[3]?.authorization).toContain('nc=00000001')
    expect(seen[3]?.authorization).toContain('uri="/a"')
  })

  it('renews a stale nonce, and takes a refused password for what it is', async () => {
    const ok = () => new Response(null, { status: 200 })
    const answers = [challenge('n1'), ok(), challenge('n2', true), ok(), challenge('n2')]
    const { seen, send } = recordingServer(answers)
    const signed = createPasswordAuth({ ...options, cache: {} })
    const request = { url: 'https://dav.example.net/a' }
    expect((await signed(request, send)).status).toBe(200)
    expect((await signed(request, send)).status).toBe(200)
    expect(seen.at(-1)?.authorization).toContain('nonce="n2"')
    expect((await signed(request, send)).status).toBe(401)
    expect(seen).toHaveLength(5)
  })
})
