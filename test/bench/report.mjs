// The figures on stdout, one JSON object a line; how they came about on stderr.

/** @param baseline what the bare Worker takes; 1 for a ratio */
export function report(name, value, unit, baseline) {
  console.log(JSON.stringify({ name, value: round(value), unit, baseline: round(baseline) }))
}

export function note(text) {
  console.error(text)
}

export const round = (number) => Number(number.toPrecision(4))
