// GET /api/cloud/providers: what can be connected and what each provider can do, as data for front ends.
import { Hono } from 'hono'
import type { Answer } from '../answer.ts'
import type { AppEnv } from '../app-context.ts'
import { requireUser } from '../auth/roles.ts'
import type { Settings } from '../env.ts'
import type { Provider } from '../providers/contract.ts'
import { providers } from '../providers/registry.ts'
import type { providerSchema } from './answers.ts'

export const providerRoutes = new Hono<AppEnv>()

providerRoutes.get('/', requireUser, (c) => {
  const { settings } = c.var.services
  const list = providers.map((provider) => viewProvider(provider, settings))
  return c.json({ providers: list, next_cursor: null })
})

export function viewProvider(
  provider: Provider,
  settings: Settings,
): Answer<typeof providerSchema> {
  return {
    id: provider.id,
    label: provider.label,
    auth: signInOf(provider),
    form_fields: provider.auth.kind === 'password' ? provider.auth.fields : [],
    configured:
      provider.auth.kind !== 'oauth2' ||
      settings.providerSettings(provider.id).clientId !== undefined,
    capabilities: capabilitiesOf(provider),
  }
}

/** `login_flow`: in the browser at the user's own server, or with the password form. */
function signInOf({ auth }: Provider): 'oauth2' | 'password' | 'login_flow' | 'builtin' {
  return auth.kind === 'password' && auth.loginFlow !== undefined ? 'login_flow' : auth.kind
}

/** A function that is present is the capability. */
function capabilitiesOf(provider: Provider) {
  return {
    list: true,
    download: true,
    upload: provider.upload !== undefined,
    resumable_upload: provider.upload?.resumable === true,
    create_folder: provider.createFolder !== undefined,
    update: provider.update !== undefined,
    remove: provider.remove !== undefined,
    search: provider.search !== undefined,
    presigned_urls: provider.auth.kind === 'builtin',
  }
}
