// The page of a place.
import { Browser } from './browser.tsx'
import { Home } from './cards.tsx'
import { DocumentsPage } from './documents/documents-page.tsx'
import { ImportPage } from './imports/import-page.tsx'
import { ImportsPage } from './imports/imports-page.tsx'
import type { PageProps } from './loaded.ts'
import type { Place } from './place.ts'
import { SettingsPage } from './settings/settings-page.tsx'

export function Page({ place, ...props }: PageProps & { readonly place: Place }) {
  switch (place.page) {
    case 'files':
      return <Files place={place} {...props} />
    case 'imports':
      return <ImportsPage {...props} />
    case 'import':
      return <ImportPage key={place.id} id={place.id} {...props} />
    case 'documents':
      return <DocumentsPage query={place.query} {...props} />
    case 'settings':
      return <SettingsPage {...props} />
    case 'drives':
      return <Home {...props} />
  }
}

interface FilesProps extends PageProps {
  readonly place: Extract<Place, { page: 'files' }>
}

/** One that is not there (any more) leads to those that are. */
function Files({ place, ...props }: FilesProps) {
  const { providers, connections } = props.loaded
  const connection = connections.find(({ id }) => id === place.connection)
  const provider = providers.find(({ id }) => id === (connection?.provider ?? place.connection))
  if (provider === undefined) return <Home {...props} />
  return (
    <Browser
      connection={place.connection}
      folder={place.folder}
      title={connection === undefined ? provider.label : connection.label}
      provider={provider}
      account={connection}
      onChange={props.onChange}
    />
  )
}
