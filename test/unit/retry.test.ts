// Retry-After in both forms, and the back-off's bounds.
import { describe, expect, it } from 'vitest'
import { backOff, isTransient, retryAfter, stateWait } from '../../src/net/retry.ts'

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

describe('what stands for a Retry-After', () => {
  const wait = async (body: string, headers: Record<string, string> = {}, status = 429) => {
    const stated = await stateWait(new Response(body, { status, headers }), NOW)
    expect(await stated.text()).toBe(body)
    return stated.headers.get('retry-after')
  }

  it.each([
    ['45', '45'],
    ['120', '120'],
    [String(NOW / 1000 + 90), '90'],
    ['2026-11-21T10:05:00Z', '300'],
    ['2026-11-21T09:00:00Z', null],
    ['soon', null],
  ])('a reset of %s is %s', async (reset, expected) => {
    expect(await wait('', { 'x-ratelimit-reset': reset })).toBe(expected)
  })

  it.each([
    ['{"error":{"reason":{".tag":"too_many_requests"},"retry_after":15}}', '15'],
    ['Please re-issue the request in 300 seconds.', '300'],
    ['Try again in 5 minutes', '300'],
    ['Too many requests, wait 7s', '7'],
    ['Please try again later.', null],
    ['<html><h1>503 Service Unavailable</h1>Please try again in 404 seconds</html>', null],
    ['Try again later. Error 503 Service Unavailable', null],
  ])('the body %s says %s', async (body, expected) => {
    expect(await wait(body)).toBe(expected)
    expect(await wait(body, {}, 503)).toBe(expected)
  })

  it('is not looked for where there is one, or in other answers', async () => {
    expect(await wait('wait 7s', { 'retry-after': '2' })).toBe('2')
    expect(await wait('wait 7s', {}, 500)).toBeNull()
  })
})
