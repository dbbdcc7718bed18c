// What somebody sees who has deleted their account: what happens now, and that nothing is left to be done.
import { useEffect, useRef } from 'hono/jsx/dom'
import { forgetAllUploads } from './uploads.ts'

/** Ends the session of development's sign-in: whoever loads the page again is a stranger. */
export async function signOut(): Promise<void> {
  // Where it cannot be told, the session ends by itself, and is refused until then.
  await fetch('/sign-out', { method: 'POST', redirect: 'manual' }).catch(() => undefined)
}

interface FarewellProps {
  /** False where the application in front has to end the session. */
  readonly isSignedOut: boolean
}

export function Farewell({ isSignedOut }: FarewellProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = 'Your account is being deleted – Slipway'
    history.replaceState(null, '', location.pathname)
    forgetAllUploads()
    heading.current?.focus()
  }, [])
  return (
    <main class="narrow">
      <h1 ref={heading} tabIndex={-1}>
        Your account is being deleted
      </h1>
      <p>
        It goes on by itself and may take some minutes: the drives are disconnected, and everything
        that Slipway keeps of you is deleted. You may close this page.
      </p>
      <p>
        {isSignedOut
          ? 'You are signed out.'
          : 'Sign out of the application that sent you here. Until then this account is refused.'}
      </p>
    </main>
  )
}
