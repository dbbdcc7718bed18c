// Signing in at a user's own server: its address, a window on that server, and the wait until access is granted there.
import { useEffect, useLayoutEffect, useRef, useState } from 'hono/jsx/dom'
import { call, type ApiError, type Connection, type Provider } from './api.ts'
import { explain, followAttempt } from './attempt.ts'
import { openPopup, untilClosed, type Started } from './connect.ts'
import { Form, type FormProps, type Values } from './form.tsx'

interface LoginFormProps extends Pick<FormProps, 'alternative' | 'onClose'> {
  readonly provider: Provider
  /** The one that is renewed in place. */
  readonly connection: Connection | undefined
  readonly known: Values
  readonly onDone: () => void
}

interface Login {
  readonly popup: Window
  readonly stop: AbortController
}

export function LoginForm(props: LoginFormProps) {
  const { provider, connection, known, onDone, onClose, alternative } = props
  const [typed, setTyped] = useState(known)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const [started, setStarted] = useState<Started | undefined>(undefined)
  const [closed, setClosed] = useState(false)
  const login = useRef<Login>(null)
  const leave = () => {
    login.current?.stop.abort()
    // Only while it is blank: once cut off, the server's page can be closed by nobody but the person.
    login.current?.popup.close()
  }
  useEffect(() => leave, [])

  const submit = (values: Values) => {
    setTyped(values)
    setError(undefined)
    try {
      login.current = { popup: openPopup(), stop: new AbortController() }
    } catch (cause) {
      setError(explain(cause))
      return
    }
    setBusy(true)
    const { stop } = login.current
    signIn(login.current, values)
      .then(() => {
        if (!stop.signal.aborted) onDone()
      })
      .catch((cause: unknown) => {
        if (stop.signal.aborted) return
        setStarted(undefined)
        setBusy(false)
        setError(explain(cause))
      })
      .finally(leave)
  }
  const signIn = async ({ popup, stop }: Login, values: Values) => {
    // Whoever runs the server must not be able to send this page elsewhere.
    popup.opener = null
    const begun = await begin(provider, { ...values, connection_id: connection?.id })
    if (stop.signal.aborted) return
    popup.location.href = begun.url
    setClosed(false)
    setStarted(begun)
    const gone = new AbortController()
    void untilClosed(popup, stop.signal).then(() => {
      gone.abort()
      if (!stop.signal.aborted) setClosed(true)
    })
    await followAttempt(begun.attemptId, { gone: gone.signal, stop: stop.signal })
  }

  if (started !== undefined) {
    return <Waiting url={started.url} closed={closed} onCancel={onClose} />
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

async function begin(
  { id }: Provider,
  body: Readonly<Record<string, string | undefined>>,
): Promise<Started> {
  const path = `/api/cloud/connections/${encodeURIComponent(id)}/login`
  const begun = await call<{ login_url: string; attempt_id: string }>(path, 'POST', body)
  return { url: begun.login_url, attemptId: begun.attempt_id }
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
