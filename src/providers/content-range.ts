// Ranges on the way to a vendor and back (RFC 9110 section 14).
import { Problem } from '../problems/problem.ts'
import type { ByteRange, Download } from './contract.ts'

/** The value of a Range field. */
export function rangeHeader({ start, end, suffix }: ByteRange): string {
  return suffix === undefined ? `bytes=${start ?? 0}-${end ?? ''}` : `bytes=-${suffix}`
}

/** The same bytes by their first one: suffix ranges are not served everywhere. `size`: bytes of the whole, null if unknown. */
export function fromStart(range: ByteRange, size: number | null): ByteRange {
  const { suffix } = range
  if (suffix === undefined || suffix === 0 || size === null || size === 0) return range
  return { start: Math.max(0, size - suffix) }
}

/** What a 206 says that it holds; undefined where it does not say. */
function readContentRange(response: Response): NonNullable<Download['contentRange']> | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  if (match === null) return undefined
  const total = match[3] === '*' ? null : Number(match[3])
  return { start: Number(match[1]), end: Number(match[2]), total }
}

/** Whether it is the range that was asked, or its beginning: other bytes in its place would go unnoticed. */
function isAnswer(
  { start, end, total }: NonNullable<Download['contentRange']>,
  range: ByteRange | undefined,
  length: number | null,
): boolean {
  if (range === undefined || end < start) return false
  if (length !== null && length !== end - start + 1) return false
  if (range.suffix !== undefined) {
    return total === null || start === Math.max(0, total - range.suffix)
  }
  return start === (range.start ?? 0) && end <= (range.end ?? Infinity)
}

/**
 * Status, length and range of a 200 or 206. A 200 to a range stays a 200; undefined where a 206 holds other bytes than were
 * asked for.
 */
export function readAnswer(
  response: Response,
  range: ByteRange | undefined,
): Pick<Download, 'status' | 'length' | 'contentRange' | 'body'> | undefined {
  const length = contentLength(response)
  const { body } = response
  if (response.status !== 206) return { status: 200, length, body }
  const contentRange = readContentRange(response)
  if (contentRange === undefined || !isAnswer(contentRange, range, length)) return undefined
  return { status: 206, length, body, contentRange }
}

/** 416 with the real size (RFC 9110 section 15.5.17). */
export function unsatisfiable(size: number): Problem {
  const headers = { 'content-range': `bytes */${size}` }
  return new Problem('range_not_satisfiable', undefined, { headers })
}

/** Bytes of the body, where the response says. */
export function contentLength(response: Response): number | null {
  const declared = response.headers.get('content-length')
  return declared === null ? null : Number(declared)
}
