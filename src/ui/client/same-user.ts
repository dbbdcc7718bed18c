// Keeps the page to one user: every tab shares the session's cookie, and what one user has begun must not go on in another's account.
import { changeTrees } from './files/tree-store.ts'
import { openUploads } from './uploads.ts'

let user: string | undefined
/** What other tabs find is heard at once, not at this page's next look. */
const tabs = new BroadcastChannel('slipway-user')
tabs.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (user !== undefined && typeof data === 'string' && data !== user) leaveTo(data)
})

/** Called with every answer that says who is signed in. Returns whether it is who this page belongs to; if not, the page goes. */
export function keepTo(userId: string): boolean {
  if (user !== undefined && user !== userId) {
    leaveTo(userId)
    return false
  }
  user = userId
  tabs.postMessage(userId)
  void openUploads(userId)
  return true
}

/** Stops all that is under way, then begins anew: nothing that is kept in the page is the other user's. */
function leaveTo(userId: string): void {
  // First, so that nothing takes the place of what is stopped, and nothing holds the page back.
  changeTrees([])
  void openUploads(userId)
  // There is nothing to be asked about: what was under way has been stopped already.
  const stay = (event: Event) => event.stopImmediatePropagation()
  window.addEventListener('beforeunload', stay, { capture: true })
  location.reload()
}
