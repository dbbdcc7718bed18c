// Numbers that look random and are the same at every run: what fails once fails again.

/** A linear congruential generator: https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function createRandom(seed: number) {
  let state = seed
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T
  return { below, pick }
}
