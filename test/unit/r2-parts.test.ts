// The sizes of R2's parts: equal, within R2's limits, and such that a request of 50 MiB is a number of whole parts.
import { expect, it } from 'vitest'
import { checkSize, partSize } from '../../src/providers/r2/parts.ts'

const MIB = 2 ** 20
const MAX = 95 * MIB * 10_000

it.each([
  [1, 5],
  [5000 * MIB, 5],
  [5000 * MIB + 1, 10],
  [10_000 * MIB, 10],
  [25_000 * MIB, 25],
  [25_000 * MIB + 1, 50],
  [500_000 * MIB, 50],
  [500_000 * MIB + 1, 95],
  [MAX, 95],
])('a file of %i bytes goes in parts of %i MiB', (total, size) => {
  expect(partSize(total)).toBe(size * MIB)
  expect(Math.ceil(total / partSize(total))).toBeLessThanOrEqual(10_000)
  if (size <= 50) expect(50 % size).toBe(0)
  checkSize(total)
})

it('refuses what would take more than 10,000 parts', () => {
  expect(() => checkSize(MAX + 1)).toThrow('at most')
})
