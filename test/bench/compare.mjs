// Measures two ways of doing the same side by side, so that neither the machine's mood nor the order favours one.

/**
 * Runs both in every round, in an order that changes from round to round, after rounds that do not count. What a round says is the
 * quotient of its own two times: both saw the same machine.
 * @param clear run after each of the two, outside the time that is taken
 * @returns ratio: the median of those quotients (bare by ours: 1 = as fast); CPU seconds of workerd per run, over all rounds
 */
export async function compare(
  processOf,
  { bare, ours, clear = () => undefined, rounds = 7, warmUps = 1 },
) {
  const rows = []
  for (let round = -warmUps; round < rounds; round++) {
    const order = round % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare']
    const row = {}
    for (const name of order) {
      row[name] = await timed(processOf, name === 'bare' ? bare : ours)
      await clear()
    }
    if (round >= 0) rows.push(row)
  }
  const quotients = rows.map(({ bare, ours }) => bare.seconds / ours.seconds)
  const [bareSeconds, oursSeconds] = ['bare', 'ours'].map((name) =>
    median(rows.map((row) => row[name].seconds)),
  )
  const [bareCpu, oursCpu] = ['bare', 'ours'].map((name) => mean(rows.map((row) => row[name].cpu)))
  return { ratio: median(quotients), quotients, bareSeconds, oursSeconds, bareCpu, oursCpu }
}

/** Seconds by the clock, and of workerd's CPU. */
export async function timed(process, work) {
  const cpu = process.cpu()
  const started = performance.now()
  await work()
  return { seconds: (performance.now() - started) / 1000, cpu: process.cpu() - cpu }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
