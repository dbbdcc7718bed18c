// The user's settings: where documents go, how full it is, the account, the drives, and what cannot be undone.
import { useEffect } from 'hono/jsx/dom'
import type { PageProps } from '../loaded.ts'
import { QuotaBar } from '../quota-bar.tsx'
import { DangerZone } from './danger-zone.tsx'
import { DefaultStorage } from './default-storage.tsx'
import { DriveList } from './drive-list.tsx'

export function SettingsPage(props: PageProps) {
  const { me, providers } = props.loaded
  const builtIn = providers.find(({ auth }) => auth === 'builtin')
  useEffect(() => {
    document.title = 'Settings – Slipway'
  }, [])
  return (
    <main class="wrap settings">
      <h1 tabIndex={-1}>Settings</h1>
      <section class="card" aria-labelledby="settings-storage">
        <h2 id="settings-storage">Default storage</h2>
        <DefaultStorage {...props} />
      </section>
      {builtIn && (
        <section class="card" aria-labelledby="settings-quota">
          <h2 id="settings-quota">Space in the {builtIn.label.toLowerCase()}</h2>
          <QuotaBar
            quota={{ used: me.storage.used, total: me.storage.quota }}
            name={builtIn.label}
          />
        </section>
      )}
      <section class="card" aria-labelledby="settings-drives">
        <h2 id="settings-drives">Connected drives</h2>
        <DriveList {...props} />
      </section>
      <section class="card" aria-labelledby="settings-account">
        <h2 id="settings-account">Account</h2>
        <dl class="facts">
          {me.email !== null && (
            <div>
              <dt>E-mail</dt>
              <dd>{me.email}</dd>
            </div>
          )}
          <div>
            <dt>User id</dt>
            <dd>
              <code>{me.user_id}</code>
            </dd>
          </div>
        </dl>
        <p class="muted small">Both come from the application that signs you in.</p>
      </section>
      <DangerZone {...props} />
    </main>
  )
}
