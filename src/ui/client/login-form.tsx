// Signing in at a user's own server: its address, a window on that server, and the wait until access is granted there.
import { useEffect, useLayoutEffect, useRef, useState } from 'hono/jsx/dom'
import type { LoginFlow } from '../../client/slipway.ts'
import { slipway, type ApiError, type Connection, type Provider } from './api.ts'
import { explain } from './connect.ts'
import { Form, type FormProps, type Values } from './form.tsx'

interface LoginFormProps extends Pick<FormProps, 'alternative' | 'onClose'> {
  readonly provider: Provider
  /** The one that is renewed in place. */
  readonly connection: Connection | undefined
  readonly known: Values
  readonly onDone: () => void
}

export function LoginForm(props: LoginFormProps) {
  const { provider, connection, known, onDone, onClose, alternative } = props
  const [typed, setTyped] = useState(known)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const [started, setStarted] = useState<LoginFlow | undefined>(undefined)
  const [closed, setClosed] = useState(false)
  const login = useRef<AbortController>(null)
  useEffect(() => () => login.current?.abort(), [])

  const submit = (values: Values) => {
    setTyped(values)
    setError(undefined)
    setBusy(true)
    const leaving = new AbortController()
    login.current = leaving
    signIn(values, leaving.signal)
      .then(() => {
        if (!leaving.signal.aborted) onDone()
      })
      .catch((cause: unknown) => {
        if (leaving.signal.aborted) return
        setStarted(undefined)
        setBusy(false)
        setError(explain(cause))
      })
  }
  const signIn = async (values: Values, signal: AbortSignal) => {
    const { server_url = '' } = values
    const flow = await slipway.startLoginFlow(provider.id, {
      server_url,
      connection_id: connection?.id,
      signal,
    })
    setClosed(false)
    setStarted(flow)
    void flow.closed.then(() => {
      if (!signal.aborted) setClosed(true)
    })
    await flow.finished
  }

  if (started !== undefined) {
    return <Waiting url={started.loginUrl} closed={closed} onCancel={onClose} />
  }
  return (
    <Form
      fields={provider.form_fields
        .filter(({ name }) => name === 'server_url')
        .map((field) => ({ ...field, value: typed[field.name] ?? '' }))}
      action="Sign in at the server"
      busy={busy}
      error={error}
      alternative={alternative}
      onSubmit={submit}
      onClose={onClose}
    >
      <p class="muted small">
        A window opens at your server, where you sign in and grant access. Your password stays
        there.
      </p>
    </Form>
  )
}

interface WaitingProps {
  readonly url: string
  /** Whether the window is closed, as far as can be seen from here. */
  readonly closed: boolean
  readonly onCancel: () => void
}

function Waiting({ url, closed, onCancel }: WaitingProps) {
  const text = useRef<HTMLParagraphElement>(null)
  useLayoutEffect(() => text.current?.focus(), [])
  return (
    <div class="stack">
      <div role="status">
        <p ref={text} tabIndex={-1}>
          Waiting for you to sign in at {new URL(url).host} and to grant access, in the window that
          has opened. This page notices by itself.
        </p>
        {closed && (
          <p>
            The window is closed, or cannot be seen from here. If you have granted access, this
            takes a moment; if not, open the sign-in page again, or cancel.
          </p>
        )}
      </div>
      <div class="row end">
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <a class="button" href={url} target="_blank" rel="noopener noreferrer">
          Open the sign-in page again
        </a>
      </div>
    </div>
  )
}
