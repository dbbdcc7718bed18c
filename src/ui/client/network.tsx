// Tells that the network is lost, for as long as it is, and that it is back.
import { useEffect, useState } from 'hono/jsx/dom'
import { say } from './toasts.ts'

export function NetworkNotice({ onBack }: { readonly onBack: () => void }) {
  const [isOnline, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const lose = () => setOnline(false)
    const regain = () => {
      setOnline(true)
      say('You are online again.')
      onBack()
    }
    window.addEventListener('offline', lose)
    window.addEventListener('online', regain)
    return () => {
      window.removeEventListener('offline', lose)
      window.removeEventListener('online', regain)
    }
  }, [])
  return (
    <div class="banners" role="status">
      {!isOnline && (
        <p class="notice warn">
          <span>
            You are offline. What is shown may be old; it goes on once the network is back.
          </span>
        </p>
      )}
    </div>
  )
}
