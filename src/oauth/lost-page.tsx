// The page of a sign-in that nobody waits for any more: says so in words, and leads back. Reflects nothing of the request.
import { renderPage } from '../ui/layout.tsx'

/** For a browser whose `state` is unknown, used or expired: 400, as the problem `invalid_state` has it. */
export function lostPage(): Promise<Response> {
  return renderPage(
    { title: 'The sign-in has ended – Slipway', status: 400 },
    <main class="narrow">
      <h1>This sign-in has ended</h1>
      <p>
        It took longer than 30 minutes, or it was finished before: for example in another tab, or by
        loading this page again. Nothing was changed by this visit.
      </p>
      <p>Look whether the drive is connected. If it is not, connect it again.</p>
      <p>
        <a class="button main" href="/">
          To your drives
        </a>
      </p>
    </main>,
  )
}
