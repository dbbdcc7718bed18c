// The pages that a person sees during Login Flow v2; they work without script.
import { escape, layout } from './oauth-page.ts'
import type { NextcloudAccount } from './nextcloud-state.ts'

/** Asks whether a client may use an account, and which. */
export function grantPage(
  client: string,
  action: string,
  token: string,
  accounts: readonly NextcloudAccount[],
): string {
  const rows = accounts.map(
    ({ id, displayName, loginName }, index) =>
      `<label class="row"><input type="radio" name="account" value="${escape(id)}"${
        index === 0 ? ' checked' : ''
      }> <span><b>${escape(displayName)}</b><br>${escape(loginName)}</span></label>`,
  )
  return layout(
    'Nextcloud',
    `<h1>Connect to your account</h1>
<p>You are about to grant <b>${escape(client)}</b> access to your Nextcloud account.</p>
<p class="note">This is an emulator: no real account, no password.</p>
<form method="post" action="${escape(action)}">
<input type="hidden" name="token" value="${escape(token)}">
<fieldset><legend>Account</legend>${rows.join('')}</fieldset>
<div class="buttons">
<button id="deny" name="decision" value="deny">Cancel</button>
<button id="allow" name="decision" value="allow" class="main">Grant access</button>
</div>
</form>`,
  )
}

/** What is left to do after the decision: nothing. */
export function donePage(granted: boolean): string {
  const title = granted ? 'Account connected' : 'Nothing was connected'
  return layout('Nextcloud', `<h1>${title}</h1><p>You can close this window.</p>`)
}

/** For a login that is unknown, expired or decided. */
export function forbiddenPage(): string {
  const problem = 'Your login token is invalid or has expired'
  return layout('Nextcloud', `<h1>Access forbidden</h1><p>${problem}</p>`)
}
