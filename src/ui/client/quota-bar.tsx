// How full a storage is, in words and as a bar.
import type { Quota } from './api.ts'
import { formatQuota } from './format.ts'

interface QuotaBarProps {
  readonly quota: Quota | null
  /** Whose it is, for those who do not see where it stands. */
  readonly name: string
}

/** Nothing where the provider says nothing of it; no bar where there is no limit. */
export function QuotaBar({ quota, name }: QuotaBarProps) {
  const words = formatQuota(quota)
  if (quota === null || quota.used === null || words === '') return null
  const { used, total } = quota
  return (
    <div class="quota">
      <p class="muted small">{words}</p>
      {total !== null && total > 0 && (
        <meter
          min={0}
          max={total}
          low={total * 0.8}
          high={total * 0.95}
          optimum={0}
          value={Math.min(used, total)}
          aria-label={`Storage of ${name}`}
        />
      )}
    </div>
  )
}
