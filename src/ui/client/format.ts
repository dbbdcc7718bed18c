// Sizes and times in the reader's language.
import type { Quota } from './api.ts'

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Bytes in the unit that fits; empty for what has no size. */
export function formatSize(bytes: number | null): string {
  if (bytes === null) return ''
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[unit] ?? 'byte',
    // The short form of a byte has no plural.
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value)
}

export function formatTime(time: string | null): string {
  if (time === null) return ''
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(time),
  )
}

export function formatDate(time: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(time))
}

/** The time of day; with the day if that is not today. */
export function formatClock(time: Date): string {
  const today = time.toDateString() === new Date().toDateString()
  return new Intl.DateTimeFormat(undefined, {
    timeStyle: 'short',
    ...(today ? {} : { dateStyle: 'medium' }),
  }).format(time)
}

/** Empty where the provider says nothing of it. */
export function formatQuota(quota: Quota | null): string {
  if (quota === null || quota.used === null) return ''
  const used = formatSize(quota.used)
  return quota.total === null ? `${used} used` : `${used} of ${formatSize(quota.total)} used`
}
