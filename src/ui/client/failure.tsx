// A failure in the user's words, with the way out that fits it.
import type { ApiError } from './api.ts'

interface FailureProps {
  readonly error: ApiError
  readonly onRetry: () => void
  /** Where the connection can be renewed on the spot. */
  readonly onReconnect?: (() => void) | undefined
}

export function Failure({ error, onRetry, onReconnect }: FailureProps) {
  return (
    <div class="notice bad" role="alert">
      <span>{error.message}</span>
      <WayOut error={error} onRetry={onRetry} onReconnect={onReconnect} />
    </div>
  )
}

function WayOut({ error, onRetry, onReconnect }: FailureProps) {
  if (error.code === 'unauthorized') {
    return (
      <a class="button" href="/">
        Sign in again
      </a>
    )
  }
  if (error.code === 'reauth_required') {
    if (onReconnect !== undefined) return <button onClick={onReconnect}>Reconnect</button>
    return (
      <a class="button" href="#/">
        Reconnect
      </a>
    )
  }
  return <button onClick={onRetry}>Retry</button>
}
