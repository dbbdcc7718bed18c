// A form in a dialog: labelled fields, each error beside its field, and the focus where there is something to mend.
import { useLayoutEffect, useRef, type Child } from 'hono/jsx/dom'
import type { ApiError, FormField } from './api.ts'

export type Values = Readonly<Record<string, string>>

type FilledField = FormField & { readonly value?: string }

export interface FormProps {
  readonly fields: readonly FilledField[]
  readonly action: string
  /** Whether the action destroys something. */
  readonly isDanger?: boolean
  readonly busy: boolean
  /** Those of its errors that name a field are shown beside it. */
  readonly error: ApiError | undefined
  readonly onSubmit: (values: Values) => void
  readonly onClose: () => void
  /** Another way to the same end; it takes along what has been typed. */
  readonly alternative?:
    { readonly label: string; readonly onChoose: (values: Values) => void } | undefined
  /** What stands above the fields. */
  readonly children?: Child
}

export function Form(props: FormProps) {
  const { fields, action, isDanger = false, busy, error, onSubmit, onClose } = props
  const { alternative, children } = props
  const form = useRef<HTMLFormElement>(null)
  // Before the next key can be pressed: a focus that moves later would take what is typed to another field.
  useLayoutEffect(() => {
    // A form that takes another's place in an open dialog begins at its first field, as one that opens with it does.
    form.current?.querySelector<HTMLElement>('input')?.focus()
  }, [])
  useLayoutEffect(() => {
    if (error === undefined) return
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid=true]')
    const focus = wrong ?? form.current?.querySelector<HTMLElement>('input')
    focus?.focus()
  }, [error])

  const submit = (event: Event) => {
    event.preventDefault()
    if (!busy) onSubmit(readValues(event.target as HTMLFormElement))
  }
  const errorOf = (name: string) =>
    error?.errors.find(({ field }) => field.replace(/^body\./, '') === name)?.message
  return (
    <form ref={form} onSubmit={submit}>
      {children}
      {fields.map((field) => (
        <Field key={field.name} field={field} error={errorOf(field.name)} />
      ))}
      <p class="error" role="alert">
        {error?.message ?? ''}
      </p>
      {alternative && (
        <button
          type="button"
          class="plain link"
          disabled={busy}
          onClick={() => form.current && alternative.onChoose(readValues(form.current))}
        >
          {alternative.label}
        </button>
      )}
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button class={isDanger ? 'danger' : 'main'} type="submit" disabled={busy}>
          {busy ? 'Please wait…' : action}
        </button>
      </div>
    </form>
  )
}

/** What is filled in. */
function readValues(form: HTMLFormElement): Values {
  const filled = [...new FormData(form)].filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  )
  return Object.fromEntries(filled)
}

/** What a browser, or a password manager, may fill in. */
const AUTOCOMPLETE: Readonly<Record<string, string>> = {
  server_url: 'url',
  username: 'username',
  password: 'current-password',
}

function Field({
  field,
  error,
}: {
  readonly field: FilledField
  readonly error: string | undefined
}) {
  const id = `field-${field.name}`
  return (
    <div class="field">
      <label for={id}>{field.label}</label>
      <input
        id={id}
        name={field.name}
        type={field.type}
        required={field.required}
        placeholder={field.placeholder ?? ''}
        value={field.value ?? ''}
        autocomplete={AUTOCOMPLETE[field.name] ?? 'off'}
        aria-invalid={error === undefined ? undefined : 'true'}
        aria-describedby={`${id}-error`}
      />
      <span class="error" id={`${id}-error`}>
        {error ?? ''}
      </span>
    </div>
  )
}
