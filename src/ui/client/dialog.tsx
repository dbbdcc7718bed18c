// Modal dialogs on the platform's own <dialog>: focus stays inside, Escape closes, focus returns.
import { useEffect, useRef, type Child } from 'hono/jsx/dom'
import type { FormField } from './api.ts'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children?: Child
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    ref.current?.showModal()
  }, [])
  return (
    <dialog ref={ref} aria-labelledby="dialog-title" onClose={onClose}>
      <h1 id="dialog-title">{title}</h1>
      {children}
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

export function ConfirmDialog({ title, text, action, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="row">
        <button class="danger" onClick={onConfirm}>
          {action}
        </button>
        <button onClick={onClose}>Cancel</button>
      </div>
    </Dialog>
  )
}

interface FormProps {
  readonly title: string
  readonly fields: readonly (FormField & { readonly value?: string })[]
  readonly action: string
  readonly busy: boolean
  readonly error: string | undefined
  /** By field name. */
  readonly fieldErrors: Readonly<Record<string, string>>
  readonly onSubmit: (values: Record<string, string>) => void
  readonly onClose: () => void
}

export function FormDialog(props: FormProps) {
  const submit = (event: Event) => {
    event.preventDefault()
    const data = new FormData(event.target as HTMLFormElement)
    const values: Record<string, string> = {}
    for (const [name, value] of data)
      if (typeof value === 'string' && value !== '') values[name] = value
    props.onSubmit(values)
  }
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form onSubmit={submit}>
        {props.fields.map((field) => (
          <Field field={field} error={props.fieldErrors[field.name]} />
        ))}
        <p class="error" role="alert">
          {props.error ?? ''}
        </p>
        <div class="row">
          <button class="main" type="submit" disabled={props.busy}>
            {props.busy ? 'Please wait…' : props.action}
          </button>
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Field(props: {
  readonly field: FormField & { readonly value?: string }
  readonly error: string | undefined
}) {
  const { field, error } = props
  const id = `field-${field.name}`
  return (
    <div>
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
