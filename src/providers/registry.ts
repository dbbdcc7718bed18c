// The list of providers: one line each. Nothing else in the project names one.
import type { Provider } from './contract.ts'
import { confluence } from './confluence/index.ts'
import { dropbox } from './dropbox/index.ts'
import { googleDrive } from './google-drive/index.ts'
import { microsoft365 } from './microsoft-365/index.ts'
import { nextcloud } from './nextcloud/index.ts'
import { onedrive } from './onedrive/index.ts'
import { r2 } from './r2/index.ts'
import { webdav } from './webdav/index.ts'

export const providers: readonly Provider[] = [
  r2 as Provider,
  googleDrive as Provider,
  onedrive as Provider,
  microsoft365 as Provider,
  dropbox as Provider,
  confluence as Provider,
  nextcloud as Provider,
  webdav as Provider,
]

/** The provider with this id or alias. */
export function getProvider(id: string): Provider | undefined {
  return providers.find((provider) => provider.id === id || provider.aliases?.includes(id))
}
