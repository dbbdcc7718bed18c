// A failure in the user's words, with the way out that fits it, and what an administrator needs to find it in the log.
import { useEffect, useRef } from 'hono/jsx/dom'
import type { ApiError } from './api.ts'
import { keepPlace } from './place.ts'

interface FailureProps {
  readonly error: ApiError
  readonly onRetry?: (() => void) | undefined
  /** Where the connection can be renewed on the spot. */
  readonly onReconnect?: (() => void) | undefined
  /** Where a permission can be added to it on the spot. */
  readonly onGrant?: ((scope: string) => void) | undefined
  /** False where trying again would change something: then only the person does. */
  readonly triesByItself?: boolean
}

/** Milliseconds after which what the network has failed is tried again by itself, besides when the network comes back. */
const AGAIN_MS = 5000

export function Failure(props: FailureProps) {
  const { error, onRetry, triesByItself = true } = props
  const retry = useRef(onRetry)
  retry.current = onRetry
  useEffect(() => {
    if (!triesByItself || error.code !== 'network' || retry.current === undefined) return
    const again = () => retry.current?.()
    window.addEventListener('online', again)
    const timer = navigator.onLine ? setTimeout(again, AGAIN_MS) : undefined
    return () => {
      window.removeEventListener('online', again)
      clearTimeout(timer)
    }
  }, [error])
  return (
    <div class="notice bad" role="alert">
      <span class="what">
        <span>{error.message}</span>
        <RequestId error={error} />
      </span>
      <WayOut {...props} />
    </div>
  )
}

/** What the person who asks cannot mend. */
const FOR_ADMINISTRATORS = ['provider_misconfigured', 'admin_consent_required', 'internal']
/** What needs nobody to look into it. */
const PLAIN = ['network', 'unauthorized', 'reauth_required', 'cancelled', 'popup_blocked']

/** The number under which the failure stands in the log; nothing where it stands in none. */
export function RequestId({ error }: { readonly error: ApiError }) {
  const { code, requestId } = error
  if (requestId === undefined || PLAIN.includes(code)) return null
  const isForAdministrators = FOR_ADMINISTRATORS.includes(code)
  return (
    <span class="small">
      {isForAdministrators && 'Ask your administrator. '}
      Request <code>{requestId}</code>
    </span>
  )
}

/** A button or link; nothing where there is nothing to be done from here. */
export function WayOut({ error, onRetry, onReconnect, onGrant }: FailureProps) {
  switch (error.code as string) {
    case 'unauthorized':
      return (
        <a class="button" href="/" onClick={keepPlace}>
          Sign in again
        </a>
      )
    case 'reauth_required':
      if (onReconnect !== undefined) return <button onClick={onReconnect}>Reconnect</button>
      return (
        <a class="button" href="#/">
          Reconnect
        </a>
      )
    case 'insufficient_scope': {
      const { scope } = error
      if (onGrant !== undefined && scope !== undefined) {
        return (
          <button title={scope} onClick={() => onGrant(scope)}>
            Allow “{shortOf(scope)}”
          </button>
        )
      }
      return (
        <a class="button" href="#/">
          Check the drive
        </a>
      )
    }
    default:
      return onRetry === undefined ? null : <button onClick={onRetry}>Retry</button>
  }
}

/** What vendors write as an address is known by its last part. */
const shortOf = (scope: string) => scope.replace(/^.*\//, '')
