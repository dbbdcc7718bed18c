// The console: who is signed in, which drives there are, and the page that the URL's fragment names.
import { render, useEffect, useRef, useState, type RefObject } from 'hono/jsx/dom'
import { listAll, slipway, toError, type ApiError, type Connection, type Provider } from './api.ts'
import { watchDownloads } from './downloads.ts'
import { Failure } from './failure.tsx'
import { Farewell, signOut } from './farewell.tsx'
import { Footer, Header } from './header.tsx'
import { NetworkNotice } from './network.tsx'
import type { Loaded } from './loaded.ts'
import { Page } from './page.tsx'
import { pageKey, readPlace, restorePlace } from './place.ts'
import { keepTo } from './same-user.ts'
import { PageSkeleton } from './skeleton.tsx'
import { catchStrayDrops } from './stray-drops.ts'
import { ToastList } from './toast-list.tsx'
import { complain } from './toasts.ts'
import { UploadList } from './upload-list.tsx'
import { usePolling } from './use-polling.ts'

/** Milliseconds between two looks at how the drives fare. */
const LOOK_MS = 20_000

const listConnections = () => listAll<Connection>('/api/cloud/connections', 'connections')

function nextTurn(turn: RefObject<number>): number {
  const next = (turn.current ?? 0) + 1
  turn.current = next
  return next
}

function App({ canSignOut }: { readonly canSignOut: boolean }) {
  const [loaded, setLoaded] = useState<Loaded | undefined>(undefined)
  const [failure, setFailure] = useState<ApiError | undefined>(undefined)
  const [place, setPlace] = useState(readPlace())
  const [hasLeft, setLeft] = useState(false)

  // An older answer about the drives must not take the place of a newer one.
  const turn = useRef(0)

  const load = async () => {
    const own = nextTurn(turn)
    try {
      const [me, providers, connections] = await Promise.all([
        slipway.account.get(),
        listAll<Provider>('/api/cloud/providers', 'providers'),
        listConnections(),
      ])
      if (turn.current !== own || !keepTo(me.user_id)) return
      setLoaded({ me, providers, connections })
      setFailure(undefined)
    } catch (error) {
      if (turn.current === own) setFailure(toError(error))
    }
  }
  useEffect(() => {
    void load()
    const move = () => {
      const next = readPlace()
      setPlace(next)
      // A connection's status may have changed while its files were looked at.
      if (next.page !== 'files') void load()
    }
    // While another tab or application was in front, somebody else may have signed in.
    const check = () => {
      if (document.visibilityState !== 'visible') return
      slipway.account.get().then(
        ({ user_id }) => keepTo(user_id),
        () => undefined,
      )
    }
    window.addEventListener('hashchange', move)
    document.addEventListener('visibilitychange', check)
    return () => {
      window.removeEventListener('hashchange', move)
      document.removeEventListener('visibilitychange', check)
    }
  }, [])

  const key = pageKey(place)
  const shown = useRef(key)
  useEffect(() => {
    if (shown.current === key) return
    shown.current = key
    window.scrollTo(0, 0)
    document.querySelector<HTMLElement>('main h1')?.focus()
  }, [key])

  // Quietly: what cannot be had now is asked for again. Only an ended session is told.
  const look = async () => {
    const own = turn.current
    try {
      const connections = await listConnections()
      if (turn.current !== own) return
      setLoaded((old) => old && { ...old, connections })
    } catch (error) {
      const problem = toError(error)
      if (problem.code === 'unauthorized') setFailure(problem)
    }
  }
  usePolling(look, LOOK_MS, loaded !== undefined && !hasLeft && place.page !== 'files')

  const leave = () => {
    // What is still on its way must not bring anything back.
    nextTurn(turn)
    setLeft(true)
    if (canSignOut) void signOut()
  }
  if (hasLeft) return <Farewell isSignedOut={canSignOut} />

  return (
    <div class="frame">
      <Header
        place={place}
        email={loaded?.me.email ?? loaded?.me.user_id ?? ''}
        canSignOut={canSignOut}
      />
      <div id="content" class="content">
        <NetworkNotice onBack={() => void load()} />
        <section class="banners" aria-label="Messages and uploads">
          {failure && <Failure error={failure} onRetry={() => void load()} />}
          {loaded && (
            <UploadList
              providers={loaded.providers}
              connections={loaded.connections}
              onChange={load}
              onFailed={complain}
            />
          )}
        </section>
        {loaded === undefined && failure === undefined && <PageSkeleton />}
        {loaded && <Page loaded={loaded} place={place} onChange={load} onLeave={leave} />}
      </div>
      <Footer />
      <ToastList />
    </div>
  )
}

restorePlace()
watchDownloads()
catchStrayDrops()
const root = document.getElementById('app')
if (root !== null) render(<App canSignOut={root.dataset['signOut'] === '1'} />, root)
