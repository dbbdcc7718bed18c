// The connected drives with how they fare, and the way to renew one.
import { StatusPill } from '../account.tsx'
import { useRenewal } from '../imports/use-renewal.tsx'
import type { PageProps } from '../loaded.ts'

export function DriveList({ loaded, onChange }: PageProps) {
  const { connections, providers } = loaded
  const renewal = useRenewal(loaded, onChange)
  if (connections.length === 0) {
    return (
      <p>
        None yet. <a href="#/">Connect one</a>
      </p>
    )
  }
  return (
    <>
      <ul class="rows" aria-label="Connected drives">
        {connections.map(({ id, label, provider, status }) => (
          <li key={id}>
            <span class="what">
              <span class="ellipsis" title={label}>
                {label}
              </span>
              <span class="muted small">
                {providers.find((one) => one.id === provider)?.label ?? provider}
              </span>
            </span>
            <StatusPill status={status} />
            {status === 'REQUIRES_REAUTH' && (
              <button aria-label={`Reconnect ${label}`} onClick={() => renewal.of(id)?.()}>
                Reconnect
              </button>
            )}
          </li>
        ))}
      </ul>
      <p class="small">
        <a href="#/">Rename, check or disconnect them</a>
      </p>
      {renewal.dialog}
    </>
  )
}
