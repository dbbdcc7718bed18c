// A strict reader of Prometheus' text format 0.0.4: what it does not accept, a server would refuse to read.

export interface Series {
  /** Of exactly these labels; undefined where there is none. */
  readonly value: (name: string, labels: Readonly<Record<string, string>>) => number | undefined
  /** Of all that have these labels among theirs. */
  readonly sum: (name: string, labels: Readonly<Record<string, string>>) => number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9.]+(?:e[+-]?\\d+)?)$`,
)
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  summary: ['_sum', '_count'],
}

/** Throws for a line that is none, a metric without HELP and TYPE right before it, and a series that stands twice. */
export function parseExposition(text: string): Series {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const samples = new Map<string, { name: string; labels: Record<string, string>; value: number }>()
  const described = new Set<string>()
  let helped: string | undefined
  let current: { name: string; type: string } | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line)
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|summary)$`).exec(line)
    const sample = SAMPLE.exec(line)
    if (help?.[1] !== undefined) {
      if (described.has(help[1])) throw new Error(`described twice: ${line}`)
      described.add(help[1])
      helped = help[1]
      current = undefined
    } else if (type?.[1] !== undefined && type[2] !== undefined) {
      if (type[1] !== helped) throw new Error(`no HELP before: ${line}`)
      current = { name: type[1], type: type[2] }
      if (type[2] === 'counter' && !type[1].endsWith('_total')) throw new Error(`a name: ${line}`)
    } else if (sample?.[1] !== undefined) {
      const [, name, written = '', value] = sample
      const own = current && SUFFIXES[current.type]?.map((suffix) => current?.name + suffix)
      if (own?.includes(name) !== true) throw new Error(`not of the metric before: ${line}`)
      const labels = labelsOf(written)
      const key = keyOf(name, labels)
      if (samples.has(key)) throw new Error(`stands twice: ${line}`)
      samples.set(key, { name, labels, value: Number(value) })
    } else throw new Error(`not a line of the format: ${line}`)
  }
  return {
    value: (name, labels) => samples.get(keyOf(name, labels))?.value,
    sum: (name, wanted) =>
      [...samples.values()]
        .filter((one) => one.name === name)
        .filter(({ labels }) =>
          Object.entries(wanted).every(([key, value]) => labels[key] === value),
        )
        .reduce((sum, { value }) => sum + value, 0),
  }
}

function labelsOf(written: string): Record<string, string> {
  const pairs = [...written.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g)]
  const labels = Object.fromEntries(pairs.map(([, name, value]) => [name, value])) as Record<
    string,
    string
  >
  if (Object.keys(labels).length !== pairs.length) throw new Error(`a label twice: ${written}`)
  return labels
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>) =>
  JSON.stringify([name, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])
