// Retry-After in both forms, and the back-off's bounds.
import { describe, expect, it } from 'vitest'
import { backOff, isTransient, retryAfter } from '../../src/net/retry.ts'

const NOW = Date.parse('2026-11-21T10:00:00Z')
const answer = (value?: string) =>
  new Response(null, { headers: value === undefined ? {} : { 'retry-after': value } })

describe('retryAfter', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['1.2', 2],
    ['999999', 86_400],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
  ])('%s is %s', (value, expected) => {
    expect(retryAfter(answer(value), NOW)).toBe(expected)
  })

  it('is undefined without the header', () => {
    expect(retryAfter(answer(), NOW)).toBeUndefined()
  })
})

it('backs off exponentially, with jitter, up to four seconds', () => {
  expect(backOff(1, () => 0)).toBe(125)
  expect(backOff(1, () => 1)).toBe(250)
  expect(backOff(3, () => 1)).toBe(1000)
  expect(backOff(20, () => 1)).toBe(4000)
})

it('knows which statuses pass', () => {
  const passing = [200, 400, 401, 404, 409, 429, 500, 501, 502, 503, 504, 507].filter(isTransient)
  expect(passing).toEqual([429, 500, 502, 503, 504])
})
