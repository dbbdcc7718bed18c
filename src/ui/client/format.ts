// Sizes and times in the reader's language.

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
