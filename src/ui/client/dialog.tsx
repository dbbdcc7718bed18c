// Modal dialogs on the platform's own <dialog>: focus stays inside, Escape closes, focus returns.
import { useEffect, useRef, type Child } from 'hono/jsx/dom'
import { rescueFocus } from './focus.ts'
import { Form, type FormProps } from './form.tsx'

interface DialogProps {
  readonly title: string
  /** For more than a question. */
  readonly isWide?: boolean
  readonly onClose: () => void
  readonly children?: Child
}

export function Dialog({ title, isWide = false, onClose, children }: DialogProps) {
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
    <dialog
      ref={ref}
      class={isWide ? 'broad' : undefined}
      aria-labelledby="dialog-title"
      onClose={onClose}
    >
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

interface FormDialogProps extends FormProps {
  readonly title: string
}

export function FormDialog({ title, ...form }: FormDialogProps) {
  return (
    <Dialog title={title} onClose={form.onClose}>
      <Form {...form} />
    </Dialog>
  )
}
