// The console: who is signed in, which drives there are, and one of them opened. The place is in the URL's fragment.
import { render, useEffect, useState } from 'hono/jsx/dom'
import {
  call,
  listAll,
  toError,
  type ApiError,
  type Connection,
  type Provider,
  type StorageUsage,
} from './api.ts'
import { Browser } from './browser.tsx'
import { Home, type Notice } from './cards.tsx'
import { Failure } from './failure.tsx'
import { UploadList } from './upload-list.tsx'
import { forgetAllUploads, openUploads } from './uploads.ts'

interface Loaded {
  readonly email: string
  readonly storage: StorageUsage
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
}

function App({ canSignOut }: { readonly canSignOut: boolean }) {
  const [loaded, setLoaded] = useState<Loaded | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [notice, setNotice] = useState<Notice | undefined>(undefined)
  const [place, setPlace] = useState(readPlace())

  const load = async () => {
    try {
      const [me, providers, connections] = await Promise.all([
        call<{ user_id: string; email: string | null; storage: StorageUsage }>('/api/users/me'),
        listAll<Provider>('/api/cloud/providers', 'providers'),
        listAll<Connection>('/api/cloud/connections', 'connections'),
      ])
      void openUploads(me.user_id)
      setLoaded({ email: me.email ?? me.user_id, storage: me.storage, providers, connections })
      setFailure(undefined)
    } catch (error) {
      setFailure(toError(error))
    }
  }
  useEffect(() => {
    void load()
    const move = () => {
      const next = readPlace()
      setPlace(next)
      setNotice(undefined)
      // A connection's status may have changed while its files were looked at.
      if (next === undefined) void load()
    }
    window.addEventListener('hashchange', move)
    return () => window.removeEventListener('hashchange', move)
  }, [])

  return (
    <div>
      <header class="top">
        <div>
          <a class="brand" href="#/">
            <img src="/favicon.svg" alt="" /> Slipway
          </a>
          <span class="muted small ellipsis" title={loaded?.email}>
            {loaded?.email ?? ''}
          </span>
          {canSignOut && (
            <form method="post" action="/sign-out" onSubmit={forgetAllUploads}>
              <button>Sign out</button>
            </form>
          )}
        </div>
      </header>
      <div class="banners" role="status">
        {notice && (
          <div class={`notice ${notice.kind}`}>
            <span>{notice.text}</span>
            <button class="plain" onClick={() => setNotice(undefined)}>
              Dismiss
            </button>
          </div>
        )}
      </div>
      <div class="banners">
        {failure && <Failure error={failure} onRetry={() => void load()} />}
        {loaded && (
          <UploadList
            providers={loaded.providers}
            connections={loaded.connections}
            onChange={load}
            onFailed={({ message }) => setNotice({ kind: 'bad', text: message })}
          />
        )}
      </div>
      {loaded === undefined && failure === undefined && <p class="loading">Loading…</p>}
      {loaded && <Page loaded={loaded} place={place} onChange={load} onNotice={setNotice} />}
    </div>
  )
}

interface Place {
  readonly connection: string
  readonly folder: string
}

/** `#/connection/folder`; undefined on the home page. */
function readPlace(): Place | undefined {
  const [connection, folder] = location.hash.replace(/^#\/?/, '').split('/').map(decode)
  if (connection === undefined || connection === '') return undefined
  return { connection, folder: folder === undefined || folder === '' ? 'root' : folder }
}

/** An address may have been typed or cut off. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function Page(props: {
  readonly loaded: Loaded
  readonly place: Place | undefined
  readonly onChange: () => Promise<void>
  readonly onNotice: (notice: Notice) => void
}) {
  const { loaded, place, onChange, onNotice } = props
  const connection = loaded.connections.find(({ id }) => id === place?.connection)
  const provider = loaded.providers.find(
    ({ id }) => id === (connection?.provider ?? place?.connection),
  )
  if (place !== undefined && provider !== undefined) {
    const title = connection === undefined ? provider.label : connection.label
    return (
      <Browser
        connection={place.connection}
        folder={place.folder}
        title={title}
        provider={provider}
        account={connection}
        onChange={onChange}
      />
    )
  }
  return (
    <Home
      providers={loaded.providers}
      connections={loaded.connections}
      storage={loaded.storage}
      onChange={onChange}
      onNotice={onNotice}
    />
  )
}

const root = document.getElementById('app')
if (root !== null) render(<App canSignOut={root.dataset['signOut'] === '1'} />, root)
