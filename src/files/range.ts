// Reads conditional and range request headers (RFC 9110 sections 13 and 14); pure.
import type { ByteRange } from '../providers/contract.ts'

/**
 * The one range of a Range header. Undefined for none, for another unit, for several ranges and for a malformed header: all of
 * these are to be ignored (RFC 9110 section 14.2).
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=\s*(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))\s*$/.exec(header ?? '')
  if (!match) return undefined
  const [, first, last, suffix] = match
  if (suffix !== undefined) return { suffix: Number(suffix) }
  const start = Number(first)
  if (!last) return { start }
  const end = Number(last)
  return end < start ? undefined : { start, end }
}

/** What a range means for content of a known size; undefined when it lies outside (416). */
export function resolveRange(
  range: ByteRange,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  if (range.suffix !== undefined) {
    if (range.suffix === 0 || size === 0) return undefined
    return { start: Math.max(0, size - range.suffix), end: size - 1 }
  }
  const start = range.start ?? 0
  if (start >= size) return undefined
  return { start, end: Math.min(range.end ?? size - 1, size - 1) }
}

/** A vendor's opaque etag as an entity tag that a header can carry: always strong and quoted. */
export function toEntityTag(etag: string | null): string | undefined {
  return etag === null ? undefined : `"${encodeURIComponent(etag)}"`
}

/** Whether an If-None-Match header names this tag (weak comparison, section 8.8.3.2). */
export function matchesAny(header: string | undefined, tag: string | undefined): boolean {
  if (header === undefined || tag === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === tag)
}

/** Whether a range may be served: no If-Range, or one with exactly this strong tag (section 13.1.5; dates are not kept). */
export function allowsRange(ifRange: string | undefined, tag: string | undefined): boolean {
  return ifRange === undefined || (tag !== undefined && ifRange.trim() === tag)
}
