// The SSRF policy, rule by rule of RFC 6890 and of what URL parsers make of odd spellings.
import { describe, expect, it } from 'vitest'
import { checkServerUrl, isBlockedAddress } from '../../src/net/guard.ts'
import { Problem } from '../../src/problems/problem.ts'

const production = { allowPrivate: false, ownHost: 'slipway.example.net' }

function refusal(url: string, options = production): string {
  try {
    checkServerUrl(url, options)
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
  return 'allowed'
}

describe('checkServerUrl', () => {
  it.each([
    'http://cloud.example.net/',
    'ftp://cloud.example.net/',
    'file:///etc/passwd',
    'https://user:pw@cloud.example.net/',
    'https://user@cloud.example.net/',
    'https://cloud.example.net/#part',
    'https://cloud.example.net:22/',
    'https://cloud.example.net:1023/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://localhost%2e/',
    'https://app.localhost/',
    'https://router/',
    'https://nas.local/',
    'https://db.internal/',
    'https://metadata.google.internal/',
    'https://x.lan/',
    'https://x.home.arpa/',
    'https://x.onion/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127。0。0。1/',
    'https://①②⑦.0.0.1/',
    'https://0/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://8.8.8.8/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00:ec2::254]/',
    'https://[2606:4700::1111]/',
    'https://[fe80::1%25eth0]/',
    'https://256.1.1.1/',
    'https://slipway.example.net/',
    'https://Slipway.example.net./',
    'https://a..b/',
    'not a url',
    '',
  ])('refuses %s', (url) => {
    expect(refusal(url)).toBe('blocked_url')
  })

  it.each([
    'https://cloud.example.net/',
    'https://cloud.example.net:8443/dav/',
    'https://nas.example.org:5006/',
    'https://exa%6dple.com/remote.php/dav/',
  ])('accepts %s', (url) => {
    expect(refusal(url)).toBe('allowed')
  })

  it('opens loopback for development, and nothing else', () => {
    const development = { allowPrivate: true, ownHost: 'localhost:1' }
    expect(refusal('http://127.0.0.1:8790/dav-server/', development)).toBe('allowed')
    expect(refusal('http://localhost:8790/', development)).toBe('allowed')
    expect(refusal('http://[::1]:8790/', development)).toBe('allowed')
    expect(refusal('http://10.0.0.1/', development)).toBe('blocked_url')
    expect(refusal('http://169.254.169.254/', development)).toBe('blocked_url')
    expect(refusal('http://cloud.example.net/', development)).toBe('blocked_url')
    expect(refusal('http://127.0.0.1:22/', development)).toBe('blocked_url')
  })
})

describe('isBlockedAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'garbage',
    '1.2.3',
    '1:2:3',
  ])('blocks %s', (address) => {
    expect(isBlockedAddress(address)).toBe(true)
  })

  it.each([
    '8.8.8.8',
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('lets %s pass', (address) => {
    expect(isBlockedAddress(address)).toBe(false)
  })
})
