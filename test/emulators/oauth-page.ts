// The pages that a person sees at an emulated vendor: consent, with Allow and Deny, and errors.

interface ConsentPage {
  readonly vendor: string
  readonly action: string
  readonly request: string
  readonly accounts: readonly { readonly email: string; readonly name: string }[]
  readonly chosen: string | undefined
  readonly scopes: readonly string[]
  readonly granular: boolean
}

/** A form that works without script: the account, the scopes, Allow and Deny. */
export function consentPage(page: ConsentPage): string {
  const chosen = page.chosen ?? page.accounts[0]?.email
  const accounts = page.accounts.map(
    ({ email, name }) =>
      `<label class="row"><input type="radio" name="account" value="${escape(email)}"${
        email === chosen ? ' checked' : ''
      }> <span><b>${escape(name)}</b><br>${escape(email)}</span></label>`,
  )
  const scopes = page.scopes.map((scope) =>
    page.granular
      ? `<label class="row"><input type="checkbox" name="scope" value="${escape(scope)}" checked> <span>${escape(scope)}</span></label>`
      : `<li>${escape(scope)}</li>`,
  )
  return layout(
    page.vendor,
    `<h1>Slipway wants to use your ${escape(page.vendor)} account</h1>
<p class="note">This is an emulator: no real account, no password.</p>
<form method="get" action="${escape(page.action)}">
<input type="hidden" name="request" value="${escape(page.request)}">
<fieldset><legend>Account</legend>${accounts.join('')}</fieldset>
<fieldset><legend>It asks to</legend>${page.granular ? scopes.join('') : `<ul>${scopes.join('')}</ul>`}</fieldset>
<div class="buttons">
<button id="deny" name="decision" value="deny">Deny</button>
<button id="allow" name="decision" value="allow" class="main">Allow</button>
</div>
</form>`,
  )
}

/** What the page offers, for a visitor without a browser; undefined when it is no consent page. */
export function readConsentPage(
  html: string,
): { request: string; chosen: string; boxes: string[] } | undefined {
  const values = (pattern: RegExp) =>
    [...html.matchAll(pattern)].map((match) => unescape(match[1] ?? ''))
  const [request] = values(/name="request" value="([^"]+)"/g)
  if (request === undefined) return undefined
  const [chosen = ''] = values(/name="account" value="([^"]+)" checked/g)
  return { request, chosen, boxes: values(/name="scope" value="([^"]+)"/g) }
}

/** What a vendor shows instead of sending a broken request back. */
export function errorPage(vendor: string, problem: string): string {
  return layout(vendor, `<h1>Error 400</h1><p>${escape(problem)}</p>`)
}

/** A vendor's page around its content, which is HTML already. */
export function layout(vendor: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in – ${escape(vendor)} (emulated)</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem;color:#1d1d1f;background:#fff}
h1{font-size:1.35rem}fieldset{border:1px solid #ccc;border-radius:8px;margin:0 0 1rem;overflow-wrap:anywhere}
.row{display:flex;gap:.6rem;padding:.3rem 0;align-items:start}.note{color:#555}
.buttons{display:flex;justify-content:flex-end;gap:.6rem}
button{font:inherit;padding:.55rem 1.4rem;border-radius:8px;border:1px solid #767676;background:#fff;cursor:pointer}
.main{background:#1a56b8;border-color:#1a56b8;color:#fff}
</style></head><body><main>${content}</main></body></html>`
}

/** Text as it stands in HTML. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

function unescape(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
