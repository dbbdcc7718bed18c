// How long a request that carries a body may take: two minutes, and a second for every 16 KiB.

/** Milliseconds for a PUT of `length` bytes; at most what a timer can count. */
export function putDeadline(length: number): number {
  return Math.min(2 ** 31 - 1, 120_000 + Math.ceil(length / 16))
}
