// Reads the directory of a ZIP archive and refuses what is ambiguous: entries that overlap, double names, data out of bounds.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import { MAX_ENTRIES } from './limits.ts'
import { Unreadable } from './unreadable.ts'

export interface ZipEntry {
  readonly isDeflated: boolean
  /** Where the data are, as they are stored. */
  readonly start: number
  readonly end: number
  /** What the archive says of the data; both are checked. */
  readonly size: number
  readonly crc: number
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50

const LOCAL_LENGTH = 30
const CENTRAL_LENGTH = 46
const END_LENGTH = 22
const LOCATOR_LENGTH = 20
const MAX_COMMENT = 0xffff

const IN_EXTRA_16 = 0xffff
const IN_EXTRA_32 = 0xffffffff
const EXTRA_64 = 1

const ENCRYPTED = 1
const DEFLATED = 8
const STORED = 0

/** The entries by their names in lower case, as the names of parts are compared (ECMA-376-2, 6.2.2.3). */
export function readDirectory(bytes: Uint8Array): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    return readEntries(bytes, view)
  } catch (error) {
    // A record that is cut.
    if (error instanceof RangeError) throw new Unreadable('broken_file', { cause: error })
    throw error
  }
}

function readEntries(bytes: Uint8Array, view: DataView): Map<string, ZipEntry> {
  const { start, end } = findDirectory(view)
  const entries = new Map<string, ZipEntry>()
  const taken: Range[] = []
  let count = 0
  for (let at = start; at + CENTRAL_LENGTH <= end && view.getUint32(at, true) === CENTRAL;) {
    if (++count > MAX_ENTRIES) throw new Unreadable('inflated_too_large')
    const record = readRecord(bytes, view, at)
    at = record.next
    taken.push({ start: record.offset, end: record.entry.end })
    if (record.entry.end > start || entries.has(record.name)) throw new Unreadable('broken_file')
    if (!record.name.endsWith('/')) entries.set(record.name, record.entry)
  }
  refuseOverlaps(taken)
  return entries
}

interface Range {
  readonly start: number
  readonly end: number
}

/** From the end backwards, as the archive's comment stands behind the record. */
function findDirectory(view: DataView): Range {
  const last = view.byteLength - END_LENGTH
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) !== END) continue
    const size = view.getUint32(at + 12, true)
    const start = view.getUint32(at + 16, true)
    if (start === IN_EXTRA_32 || size === IN_EXTRA_32) return findDirectory64(view, at)
    if (start + size <= at) return { start, end: start + size }
  }
  throw new Unreadable('broken_file')
}

function findDirectory64(view: DataView, end: number): Range {
  const locator = end - LOCATOR_LENGTH
  if (view.getUint32(locator, true) !== LOCATOR_64) throw new Unreadable('broken_file')
  const record = readLong(view, locator + 8)
  if (view.getUint32(record, true) !== END_64) throw new Unreadable('broken_file')
  const start = readLong(view, record + 48)
  return { start, end: start + readLong(view, record + 40) }
}

interface CentralRecord {
  readonly name: string
  readonly entry: ZipEntry
  readonly offset: number
  readonly next: number
}

function readRecord(bytes: Uint8Array, view: DataView, at: number): CentralRecord {
  if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) throw new Unreadable('encrypted')
  const method = view.getUint16(at + 10, true)
  if (method !== DEFLATED && method !== STORED) throw new Unreadable('broken_file')
  const nameEnd = at + CENTRAL_LENGTH + view.getUint16(at + 28, true)
  const extraEnd = nameEnd + view.getUint16(at + 30, true)
  const long = readExtra64(view, nameEnd, extraEnd)
  // Order and presence: APPNOTE 4.5.3.
  const size = long(view.getUint32(at + 24, true))
  const packed = long(view.getUint32(at + 20, true))
  const offset = long(view.getUint32(at + 42, true))
  if (view.getUint16(at + 34, true) % IN_EXTRA_16 !== 0) throw new Unreadable('broken_file')
  if (view.getUint32(offset, true) !== LOCAL) throw new Unreadable('broken_file')
  const nameLength = view.getUint16(offset + 26, true)
  const start = offset + LOCAL_LENGTH + nameLength + view.getUint16(offset + 28, true)
  const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_LENGTH, nameEnd))
  return {
    name: name.replaceAll('\\', '/').toLowerCase(),
    entry: {
      isDeflated: method === DEFLATED,
      start,
      end: start + packed,
      size,
      crc: view.getUint32(at + 16, true),
    },
    offset,
    next: extraEnd + view.getUint16(at + 32, true),
  }
}

/** Returns a function that gives a field's value, taking the next long one where the field has no room for it. */
function readExtra64(view: DataView, start: number, end: number): (field: number) => number {
  let at = start
  while (at + 4 <= end && view.getUint16(at, true) !== EXTRA_64) {
    at += 4 + view.getUint16(at + 2, true)
  }
  let next = at + 4
  return (field) => {
    if (field !== IN_EXTRA_32) return field
    next += 8
    if (next > end) throw new Unreadable('broken_file')
    return readLong(view, next - 8)
  }
}

/** No archive that is read has 4 GiB. */
function readLong(view: DataView, at: number): number {
  if (view.getUint32(at + 4, true) !== 0) throw new Unreadable('broken_file')
  return view.getUint32(at, true)
}

/** Entries that share their data make a small archive a large one: https://www.bamsoftware.com/hacks/zipbomb/ */
function refuseOverlaps(ranges: Range[]): void {
  ranges.sort((one, other) => one.start - other.start)
  for (let at = 1; at < ranges.length; at++) {
    if (ranges[at]!.start < ranges[at - 1]!.end) throw new Unreadable('broken_file')
  }
}
