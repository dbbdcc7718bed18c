// What RFC 9110 asks of a download: ranges, conditions and heads, exactly.
import { expect } from 'vitest'

/** All of it, of one content: the 26 letters. */
export async function checkConditions(
  fetchContent: (headers: Record<string, string>, method: string) => Promise<Response>,
  text: string,
): Promise<void> {
  const get = (headers: Record<string, string> = {}) => fetchContent(headers, 'GET')
  const whole = await get()
  expect(await whole.text()).toBe(text)
  const etag = whole.headers.get('etag') ?? ''
  expect(etag).toMatch(/^".+"$/)
  for (const [range, expected, contentRange] of [
    ['bytes=0-0', 'a', 'bytes 0-0/26'],
    ['bytes=5-9', 'fghij', 'bytes 5-9/26'],
    ['bytes=20-', 'uvwxyz', 'bytes 20-25/26'],
    ['bytes=-3', 'xyz', 'bytes 23-25/26'],
    ['bytes=20-1000', 'uvwxyz', 'bytes 20-25/26'],
  ] as const) {
    const part = await get({ range })
    expect(part.status, range).toBe(206)
    expect(part.headers.get('content-range')).toBe(contentRange)
    expect(part.headers.get('content-length')).toBe(String(expected.length))
    expect(await part.text()).toBe(expected)
  }
  const outside = await get({ range: 'bytes=26-' })
  expect(outside.headers.get('content-range')).toBe('bytes */26')
  expect(await outside.json()).toMatchObject({ status: 416, code: 'range_not_satisfiable' })
  for (const range of ['bytes=0-1,3-4', 'lines=1-2', 'bytes=9-5']) {
    const ignored = await get({ range })
    expect(ignored.status, range).toBe(200)
    expect(await ignored.text()).toBe(text)
  }
  const known = await get({ 'if-none-match': etag })
  expect(known.status).toBe(304)
  const stale = await get({ range: 'bytes=0-3', 'if-range': '"other"' })
  expect([stale.status, await stale.text()]).toEqual([200, text])
  const fits = await get({ range: 'bytes=0-3', 'if-range': etag })
  expect([fits.status, await fits.text()]).toEqual([206, 'abcd'])
  const head = await fetchContent({}, 'HEAD')
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '26'])
  expect(head.headers.get('etag')).toBe(etag)
}
