// Modal dialogs on the platform's own <dialog>: focus stays inside, Escape closes, focus returns.
import { useEffect, useRef, type Child } from 'hono/jsx/dom'
import type { ApiError, FormField } from './api.ts'
import { rescueFocus } from './focus.ts'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children?: Child
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    return () => {
      // Only Escape closes it as the platform would; every other way takes the element out of the page, which drops the focus.
      // Until it is out, everything beneath is inert.
      setTimeout(() => {
        if (document.activeElement !== document.body) return
        if (before instanceof HTMLElement && before.isConnected) before.focus()
        rescueFocus()
      })
    }
  }, [])
  return (
    <dialog ref={ref} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly busy?: boolean
  readonly error?: string | undefined
  readonly onConfirm: () => void
  readonly onClose: () => void
}

export function ConfirmDialog(props: ConfirmProps) {
  const { title, text, action, busy = false, error, onConfirm, onClose } = props
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <p class="error" role="alert">
        {error ?? ''}
      </p>
      <div class="row end">
        {/* The answer that does no harm has the focus. */}
        <button autofocus onClick={onClose}>
          Cancel
        </button>
        <button class="danger" disabled={busy} onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  )
}

type FilledField = FormField & { readonly value?: string }

interface FormProps {
  readonly title: string
  readonly fields: readonly FilledField[]
  readonly action: string
  readonly busy: boolean
  /** Those of its errors that name a field are shown beside it. */
  readonly error: ApiError | undefined
  readonly onSubmit: (values: Record<string, string>) => void
  readonly onClose: () => void
}

export function FormDialog(props: FormProps) {
  const { title, fields, action, busy, error, onSubmit, onClose } = props
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (error === undefined) return
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid=true]')
    const focus = wrong ?? form.current?.querySelector<HTMLElement>('input')
    focus?.focus()
  }, [error])

  const submit = (event: Event) => {
    event.preventDefault()
    if (busy) return
    const values: Record<string, string> = {}
    for (const [name, value] of new FormData(event.target as HTMLFormElement)) {
      if (typeof value === 'string' && value !== '') values[name] = value
    }
    onSubmit(values)
  }
  const errorOf = (name: string) =>
    error?.errors.find(({ field }) => field.replace(/^body\./, '') === name)?.message
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} onSubmit={submit}>
        {fields.map((field) => (
          <Field key={field.name} field={field} error={errorOf(field.name)} />
        ))}
        <p class="error" role="alert">
          {error?.message ?? ''}
        </p>
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button class="main" type="submit" disabled={busy}>
            {busy ? 'Please wait…' : action}
          </button>
        </div>
      </form>
    </Dialog>
  )
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
        autocomplete="off"
        aria-invalid={error === undefined ? undefined : 'true'}
        aria-describedby={`${id}-error`}
      />
      <span class="error" id={`${id}-error`}>
        {error ?? ''}
      </span>
    </div>
  )
}
