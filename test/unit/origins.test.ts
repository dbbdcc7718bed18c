// The origin map: where requests go, and which URLs may carry a token.
import { describe, expect, it } from 'vitest'
import { isMappedHost, isUnder, mapUrl, parseOriginMap } from '../../src/net/origins.ts'

const REAL = 'https://graph.microsoft.com'
const map = parseOriginMap(
  JSON.stringify({
    [REAL]: 'http://127.0.0.1:8790/graph.microsoft.com/',
    'https://www.googleapis.com': 'http://127.0.0.1:8790/www.googleapis.com',
  }),
  { allowHttp: true },
)

describe('parseOriginMap', () => {
  it.each([
    ['nonsense', 'must be JSON'],
    ['[]', 'must be a JSON object'],
    ['{"graph":"https://a.example"}', 'must have origins'],
    ['{"https://a.example/path":"https://b.example"}', 'must have origins'],
    ['{"https://a.example":"b"}', 'must have URLs'],
    ['{"https://a.example":"https://b.example/?x=1"}', 'an origin and a path only'],
    ['{"https://a.example":"https://u:p@b.example/"}', 'an origin and a path only'],
  ])('refuses %s', (json, reason) => {
    expect(() => parseOriginMap(json, { allowHttp: true })).toThrow(reason)
  })

  it('refuses http targets in production', () => {
    const json = '{"https://a.example":"http://b.example"}'
    expect(() => parseOriginMap(json, { allowHttp: false })).toThrow('https')
  })
})

describe('mapUrl', () => {
  it('puts the prefix before the path and keeps the query as it is', () => {
    const mapped = mapUrl(map, new URL(`${REAL}/v1.0/me?$select=id&q=a%20b`))
    expect(mapped.href).toBe('http://127.0.0.1:8790/graph.microsoft.com/v1.0/me?$select=id&q=a%20b')
  })

  it('leaves what is mapped already, and strangers, alone', () => {
    for (const url of [
      'http://127.0.0.1:8790/graph.microsoft.com/v1.0/me',
      'https://other.example/',
    ]) {
      expect(mapUrl(map, new URL(url)).href).toBe(url)
    }
  })
})

describe('isUnder', () => {
  it.each([
    [`${REAL}/v1.0/me`, true],
    ['http://127.0.0.1:8790/graph.microsoft.com/v1.0/me', true],
    ['http://127.0.0.1:8790/graph.microsoft.com', true],
    ['http://127.0.0.1:8790/graph.microsoft.com.evil/v1.0', false],
    ['http://127.0.0.1:8790/www.googleapis.com/drive', false],
    ['http://127.0.0.1:8790/graph.microsoft.com/../www.googleapis.com/', false],
    ['http://127.0.0.1:8790/graph.microsoft.com/..%2fwww.googleapis.com/', false],
    ['http://127.0.0.1:8791/graph.microsoft.com/v1.0/me', false],
    ['http://graph.microsoft.com/v1.0/me', false],
    ['https://graph.microsoft.com.evil.example/v1.0/me', false],
    ['https://graph.microsoft.com:444/v1.0/me', false],
  ])('%s: %s', (url, expected) => {
    expect(isUnder(map, new URL(url), [REAL])).toBe(expected)
  })
})

it('knows the hosts that are mapped to', () => {
  expect(isMappedHost(map, new URL('http://127.0.0.1:8790/uploads/1'))).toBe(true)
  expect(isMappedHost(map, new URL('http://127.0.0.2:8790/uploads/1'))).toBe(false)
  expect(isMappedHost([], new URL('http://127.0.0.1:8790/uploads/1'))).toBe(false)
})
