// The form of a server of one's own: its fields are the API's, and what was refused stands beside them.
import type { Connection, Provider, Slipway, SlipwayError } from '../slipway.ts'
import { make } from './dom.ts'

/** What a browser, or a password manager, may fill in. */
const AUTOCOMPLETE: Readonly<Record<string, string>> = {
  server_url: 'url',
  username: 'username',
  password: 'current-password',
}

interface FormOptions {
  readonly client: Slipway
  readonly provider: Provider
  /** The one that is renewed: its address is filled in. */
  readonly connection: Connection | undefined
  /** Called as well when the person has gone on meanwhile: it is connected all the same. */
  readonly onDone: (connection: Connection) => void
  readonly onCancel: () => void
}

/** Signing in at the server itself where it can be, else with a password. Ends what it waits for when `signal` is aborted. */
export function connectForm(options: FormOptions, signal: AbortSignal): HTMLElement {
  const { client, provider, connection, onDone, onCancel } = options
  const holder = make('div')
  let isLogin = provider.auth === 'login_flow'
  show()
  return holder

  function show(typed = ''): void {
    const alert = make('p', { class: 'error', role: 'alert' })
    const fields = provider.form_fields.filter(({ name }) => !isLogin || name === 'server_url')
    const inputs = fields.map((field) => {
      const known = field.name === 'server_url' ? typed || (connection?.server_url ?? '') : ''
      return make('input', {
        id: `field-${field.name}`,
        name: field.name,
        // An address without a scheme is an address all the same.
        type: field.type === 'url' ? 'text' : field.type,
        inputmode: field.type === 'url' ? 'url' : undefined,
        placeholder: field.placeholder,
        required: field.required,
        autocomplete: AUTOCOMPLETE[field.name] ?? 'off',
        'aria-describedby': `field-${field.name}-error`,
        value: known,
      })
    })
    const notes = fields.map(({ name }) =>
      make('span', { class: 'error', id: `field-${name}-error` }),
    )
    const clear = () => {
      alert.textContent = ''
      for (const note of notes) note.textContent = ''
      for (const input of inputs) input.removeAttribute('aria-invalid')
    }
    /** What is wrong with a field stands beside it, and the first of those has the focus. */
    const complain = ({ message, errors }: SlipwayError) => {
      alert.textContent = message
      for (const [at, { name }] of fields.entries()) {
        const found = errors.find(({ field }) => field.replace(/^body\./, '') === name)
        if (found === undefined) continue
        if (notes[at] !== undefined) notes[at].textContent = found.message
        inputs[at]?.setAttribute('aria-invalid', 'true')
      }
      inputs.find((input) => input.hasAttribute('aria-invalid'))?.focus()
    }
    const submit = make('button', { class: 'main', part: 'main' }, actionOf())
    const other = make(
      'button',
      { type: 'button', class: 'plain', onclick: () => change(inputs[0]?.value ?? '') },
      isLogin ? 'Use an app password instead' : 'Sign in at the server instead',
    )
    const form = make(
      'form',
      {
        onsubmit: (event) => {
          event.preventDefault()
          // Not disabled: that would drop the focus.
          if (submit.hasAttribute('aria-disabled')) return
          submit.setAttribute('aria-disabled', 'true')
          clear()
          send(Object.fromEntries(inputs.map(({ name, value }) => [name, value])), alert)
            .catch((error: SlipwayError) => {
              if (!signal.aborted) complain(error)
            })
            .finally(() => submit.removeAttribute('aria-disabled'))
        },
      },
      ...fields.map((field, at) =>
        make(
          'div',
          {},
          make('label', { for: `field-${field.name}` }, field.label),
          inputs[at],
          notes[at],
        ),
      ),
      alert,
      make(
        'div',
        { class: 'row end' },
        provider.auth === 'login_flow' && other,
        make('button', { type: 'button', onclick: onCancel }, 'Back'),
        submit,
      ),
    )
    holder.replaceChildren(form)
    inputs[0]?.focus()
  }

  function actionOf(): string {
    if (isLogin) return 'Sign in at the server'
    return connection === undefined ? 'Connect' : 'Reconnect'
  }

  function change(typed: string): void {
    isLogin = !isLogin
    show(typed)
  }

  async function send(values: Record<string, string>, alert: HTMLElement): Promise<void> {
    const { server_url = '', username = '', password = '', label } = values
    const target = { server_url, connection_id: connection?.id }
    if (!isLogin) {
      const named = label === undefined || label === '' ? {} : { label }
      const fields = { ...target, username, password, ...named }
      return onDone(await client.connectWithPassword(provider.id, fields))
    }
    const flow = await client.startLoginFlow(provider.id, { ...target, signal })
    const link = make('a', { href: flow.loginUrl, target: '_blank', rel: 'noopener noreferrer' })
    link.textContent = 'Open the sign-in page again'
    alert.replaceChildren('Waiting for you to sign in, in the window that has opened. ', link)
    onDone(await flow.finished)
  }
}
