// What is counted, as operators see it. A label's value that is on no closed list of ours is shown as `other`.
import { FAILURE_REASONS, SKIP_REASONS } from '../imports/reasons.ts'
import { IMPORT_STATUSES } from '../imports/schema.ts'
import { UNREADABLE_REASONS } from '../knowledge/reasons.ts'
import { PROBLEMS } from '../problems/problem.ts'
import { providers } from '../providers/registry.ts'
import type { Metric, Sample } from './exposition.ts'
import type { metricCounts } from './schema.ts'

type CountRow = typeof metricCounts.$inferSelect

const PROVIDERS = new Set(providers.map(({ id }) => id))
const CODES = new Set(Object.keys(PROBLEMS))
const STATUSES = new Set<string>(IMPORT_STATUSES)
const REASONS = new Set<string>([
  ...SKIP_REASONS,
  ...FAILURE_REASONS,
  ...UNREADABLE_REASONS,
  'unsupported_type',
])

const among = (list: ReadonlySet<string>, value: string) => (list.has(value) ? value : 'other')
export const providerLabel = (id: string) => among(PROVIDERS, id)

const byProvider = ({ provider }: CountRow) => ({ provider: providerLabel(provider) })
const byCode = (row: CountRow) => ({ ...byProvider(row), code: among(CODES, row.code) })
const byStatus = (row: CountRow) => ({ ...byProvider(row), status: among(STATUSES, row.code) })
const byOutcome = (row: CountRow) => ({
  ...byProvider(row),
  outcome: row.code === '' ? 'success' : 'failure',
  code: row.code === '' ? '' : among(CODES, row.code),
})
const byReason = (state: string) => (row: CountRow) => ({
  ...byProvider(row),
  state,
  reason: row.code === '' ? '' : among(REASONS, row.code),
})

interface Source {
  /** Of the rows. */
  readonly name: string
  readonly suffix?: Sample['suffix']
  readonly labels: (row: CountRow) => Readonly<Record<string, string>>
  /** What a value is divided by. */
  readonly unit?: number
  /** Shown as 0 where there is no row yet. */
  readonly isAlways?: boolean
}

const COUNTERS: readonly (Omit<Metric, 'samples'> & { readonly from: readonly Source[] })[] = [
  {
    name: 'slipway_connects_total',
    help: 'Sign-ins that ended, by provider; with the problem’s code where they failed (invalid_state: also those that nobody finished).',
    type: 'counter',
    from: [{ name: 'connects', labels: byOutcome }],
  },
  {
    name: 'slipway_refreshes_total',
    help: 'Tokens refreshed, and failures to; reauth_required: the provider has ended the grant.',
    type: 'counter',
    from: [{ name: 'refreshes', labels: byOutcome }],
  },
  {
    name: 'slipway_vendor_errors_total',
    help: 'Calls that failed because of the provider, by the problem’s code.',
    type: 'counter',
    from: [{ name: 'vendor_errors', labels: byCode }],
  },
  {
    name: 'slipway_import_seconds',
    help: 'Seconds from the order of an import to its end; one that is tried again ends again.',
    type: 'summary',
    from: [
      { name: 'import_milliseconds', suffix: '_sum', labels: byStatus, unit: 1000 },
      { name: 'imports_ended', suffix: '_count', labels: byStatus },
    ],
  },
  {
    name: 'slipway_import_files_total',
    help: 'Files of imports that came to an end, with the reason where there is one.',
    type: 'counter',
    from: (['imported', 'skipped', 'failed'] as const).map((state) => ({
      name: `files_${state}`,
      labels: byReason(state),
    })),
  },
  {
    name: 'slipway_import_bytes_total',
    help: 'Bytes read from providers for imports.',
    type: 'counter',
    from: [{ name: 'import_bytes', labels: byProvider }],
  },
  {
    name: 'slipway_upload_bytes_total',
    help: 'Bytes of files that were uploaded whole, by the provider that holds them.',
    type: 'counter',
    from: [{ name: 'upload_bytes', labels: byProvider }],
  },
  {
    name: 'slipway_alerts_total',
    help: 'Alerts delivered, tries that failed, and alerts given up after a day.',
    type: 'counter',
    from: (['sent', 'failed', 'given_up'] as const).map((outcome) => ({
      name: `alerts_${outcome}`,
      labels: () => ({ outcome }),
      isAlways: true,
    })),
  },
]

/** Rows that come to the same labels are added up: no series stands twice. */
export function counterMetrics(rows: readonly CountRow[]): readonly Metric[] {
  return COUNTERS.map(({ from, ...metric }) => ({
    ...metric,
    samples: from.flatMap((source) => samplesOf(source, rows)),
  }))
}

function samplesOf(
  { name, suffix, labels, unit = 1, isAlways = false }: Source,
  rows: readonly CountRow[],
): Sample[] {
  const own = rows.filter((row) => row.name === name)
  if (own.length === 0 && isAlways) own.push({ name, provider: '', code: '', value: 0 })
  const samples = new Map<string, Sample>()
  for (const row of own) {
    const shown = labels(row)
    const key = JSON.stringify(shown)
    const value = (samples.get(key)?.value ?? 0) + row.value / unit
    samples.set(key, { ...(suffix && { suffix }), labels: shown, value })
  }
  return [...samples.values()]
}
