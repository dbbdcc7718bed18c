// The way out for good: says what goes and what stays, and wants a word typed before it begins.
import { useState } from 'hono/jsx/dom'
import { slipway, toError, ApiError } from '../api.ts'
import { Dialog } from '../dialog.tsx'
import { Form } from '../form.tsx'

const WORD = 'DELETE'

export function DeleteAccount({ onLeave }: { readonly onLeave: () => void }) {
  const [isAsked, setAsked] = useState(false)
  return (
    <div class="row dangerous">
      <span class="what">
        <strong>Delete my account</strong>
        <span class="muted small">
          Everything that Slipway keeps of you is deleted. It cannot be undone.
        </span>
      </span>
      <button class="danger" onClick={() => setAsked(true)}>
        Delete my account
      </button>
      {isAsked && <DeleteDialog onLeave={onLeave} onClose={() => setAsked(false)} />}
    </div>
  )
}

interface DeleteDialogProps {
  readonly onLeave: () => void
  readonly onClose: () => void
}

function DeleteDialog({ onLeave, onClose }: DeleteDialogProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>(undefined)
  const submit = ({ word = '' }: Readonly<Record<string, string>>) => {
    if (word.trim().toUpperCase() !== WORD) {
      const field = { field: 'word', message: `Type ${WORD} to go on.` }
      return setError(new ApiError(0, 'invalid_request', '', [field]))
    }
    setBusy(true)
    setError(undefined)
    slipway.account.delete().then(onLeave, (cause: unknown) => {
      setBusy(false)
      setError(toError(cause))
    })
  }
  return (
    <Dialog title="Delete your account?" onClose={onClose}>
      <Form
        fields={[{ name: 'word', label: `Type ${WORD} to confirm`, type: 'text', required: true }]}
        action="Delete my account"
        isDanger
        busy={busy}
        error={error}
        onSubmit={submit}
        onClose={onClose}
      >
        <div class="fate">
          <h3>This goes</h3>
          <ul>
            <li>All connections: they are ended at the providers where that is possible.</li>
            <li>Everything in the default storage: files and documents.</li>
            <li>Imports, and the text that was read from your files.</li>
            <li>Documents that Slipway stored in your drives, as far as the providers allow it.</li>
          </ul>
          <h3>This stays</h3>
          <ul>
            <li>Your own files in your drives, also those that you uploaded there yourself.</li>
          </ul>
          <p>It cannot be undone, and it cannot be stopped once it has begun.</p>
        </div>
      </Form>
    </Dialog>
  )
}
