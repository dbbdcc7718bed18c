// Shows the short messages in one live region. Good news goes by itself, unless somebody is at it or it leads somewhere; a failure stays.
import { useEffect, useState, useSyncExternalStore } from 'hono/jsx/dom'
import { RequestId, WayOut } from './failure.tsx'
import { rescueFocus } from './focus.ts'
import { allToasts, dismissToast, watchToasts, type Toast } from './toasts.ts'

/** Milliseconds that good news stays. */
const SHOWN_MS = 8000

export function ToastList() {
  const toasts = useSyncExternalStore(watchToasts, allToasts)
  useEffect(rescueFocus, [toasts.length])
  return (
    <div class="toasts" role="status">
      {toasts.map((toast) => (
        <ToastEntry key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function ToastEntry({ toast }: { readonly toast: Toast }) {
  const { id, kind, text, link, error } = toast
  const [isHeld, setHeld] = useState(false)
  useEffect(() => {
    // What can be followed is there until somebody has read it, however long that takes.
    if (kind === 'bad' || link !== undefined || isHeld) return
    const timer = setTimeout(() => dismissToast(id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [isHeld])
  return (
    <div
      class={`toast ${kind}`}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <span class="what">
        <span>{text}</span>
        {error && <RequestId error={error} />}
      </span>
      {link && (
        <a class="button" href={link.href} onClick={() => dismissToast(id)}>
          {link.label}
        </a>
      )}
      {link === undefined && error && <WayOut error={error} />}
      <button class="plain" aria-label={`Dismiss: ${text}`} onClick={() => dismissToast(id)}>
        Dismiss
      </button>
    </div>
  )
}
