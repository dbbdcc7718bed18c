// Shows numbers as their cells do, as far as it matters to who looks for them: dates, times, percentages (ECMA-376-1, 18.8.30).
import type { Attributes } from './markup-reader.ts'
import type { OfficePackage } from './office-package.ts'
import { Unreadable } from './unreadable.ts'

/** The text of a number in a cell whose `s` attribute is this. */
export type NumberFormats = (value: number, style: number) => string

type Kind = 'number' | 'percent' | 'date' | 'time' | 'date_time' | 'duration'

/** Formats of cells; Excel has 65,490. */
const MAX_FORMATS = 100_000

/** Characters of a format that are looked at. */
const MAX_CODE = 255

/** Digits that a double holds: more are noise, such as 0.30000000000000004. */
const DIGITS = 15

const DAY = 24 * 60 * 60

/** Built in, the ones of East Asian versions included. */
const BUILT_IN: readonly (readonly [number, number, Kind])[] = [
  [9, 10, 'percent'],
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'date_time'],
  [27, 31, 'date'],
  [32, 35, 'time'],
  [36, 36, 'date'],
  [45, 45, 'time'],
  [46, 46, 'duration'],
  [47, 47, 'time'],
  [50, 58, 'date'],
]

/**
 * @param part the part that has the styles, if there is one
 * @param isFrom1904 whether day 0 is 1 January 1904
 */
export async function readNumberFormats(
  file: OfficePackage,
  part: string | undefined,
  isFrom1904: boolean,
): Promise<NumberFormats> {
  const codes = new Map<number, string>()
  const ofStyles: number[] = []
  let isCells = false
  const handler = {
    open: (name: string, attributes: Attributes) => {
      const id = Number(attributes.get('numFmtId') ?? 0)
      if (name === 'cellXfs') isCells = true
      else if (name === 'numFmt')
        codes.set(id, (attributes.get('formatCode') ?? '').slice(0, MAX_CODE))
      else if (name === 'xf' && isCells) ofStyles.push(id)
      if (ofStyles.length + codes.size > MAX_FORMATS) throw new Unreadable('broken_file')
    },
    close: (name: string) => void (name === 'cellXfs' && (isCells = false)),
    text: () => undefined,
  }
  if (part !== undefined) await file.read(part, handler, new Set(['numFmtId', 'formatCode']))
  const kinds = new Map<number, Kind>()
  return (value, style) => {
    const id = ofStyles[style] ?? 0
    const kind = kinds.get(id) ?? kindOf(id, codes.get(id))
    kinds.set(id, kind)
    return show(value, kind, isFrom1904)
  }
}

function kindOf(id: number, code: string | undefined): Kind {
  if (code === undefined) {
    return BUILT_IN.find(([first, last]) => id >= first && id <= last)?.[2] ?? 'number'
  }
  // Of the sections for positive, negative and other numbers, the first tells.
  const bare = code.replace(/"[^"]*"|\\.|_.|\*./g, '').split(';', 1)[0]!
  if (/\[(?:h+|m+|s+)\]/i.test(bare)) return 'duration'
  const marks = bare.replace(/\[[^\]]*\]/g, '').replace(/general/gi, '')
  const isDate = /[dy]|m{3}/i.test(marks)
  const isTime = /[hs]/i.test(marks)
  if (isDate) return isTime ? 'date_time' : 'date'
  if (isTime) return 'time'
  if (/^[^0#?]*m/i.test(marks)) return 'date'
  return marks.includes('%') ? 'percent' : 'number'
}

function show(value: number, kind: Kind, isFrom1904: boolean): string {
  switch (kind) {
    case 'number':
      return digits(value)
    case 'percent':
      return `${digits(value * 100)}%`
    case 'time':
      return timeOf(value) ?? digits(value)
    case 'duration':
      return durationOf(value)
    case 'date':
      return dateOf(value, isFrom1904) ?? digits(value)
    case 'date_time': {
      const date = dateOf(value, isFrom1904)
      return date === undefined ? digits(value) : `${date} ${timeOf(value) ?? ''}`
    }
  }
}

function digits(value: number): string {
  return String(Number(value.toPrecision(DIGITS)))
}

/** The first and last day that a workbook can have: 31 December 9999. */
const MAX_DAY = 2_958_466

/** 1900 was no leap year, but is one to Excel: https://learn.microsoft.com/office/troubleshoot/excel/wrongly-assumes-1900-is-leap-year */
const FALSE_LEAP_DAY = 60

function dateOf(value: number, isFrom1904: boolean): string | undefined {
  if (!(value >= 0 && value < MAX_DAY)) return undefined
  const day = Math.floor(Math.round(value * DAY) / DAY)
  const start = isFrom1904
    ? Date.UTC(1904, 0, 1)
    : Date.UTC(1899, 11, day < FALSE_LEAP_DAY ? 31 : 30)
  return new Date(start + day * DAY * 1000).toISOString().slice(0, 10)
}

function timeOf(value: number): string | undefined {
  if (!(value >= 0 && value < MAX_DAY)) return undefined
  const time = new Date((Math.round(value * DAY) % DAY) * 1000).toISOString()
  return time.slice(11, time.slice(17, 19) === '00' ? 16 : 19)
}

function durationOf(value: number): string {
  const seconds = Math.round(Math.abs(value) * DAY)
  const two = (part: number) => String(part).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${value < 0 ? '-' : ''}${hours}:${rest}`
}
