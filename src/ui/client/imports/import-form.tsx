// What an import of a selection would bring, what it would leave out and why, and how the user wants it done.
import { useState } from 'hono/jsx/dom'
import type { ApiError, Import, ImportPreview } from '../api.ts'
import type { ImportOrder } from '../../../client/imports/imports.ts'
import { Failure } from '../failure.tsx'
import { typeWords } from '../media-types.ts'
import { explainReason, plural, previewWords } from './import-words.ts'

type Rule = Import['on_duplicate']

export type Wishes = Pick<ImportOrder, 'on_duplicate' | 'keep_original' | 'category'>

interface ImportFormProps {
  readonly preview: ImportPreview | undefined
  readonly failure: ApiError | undefined
  readonly busy: boolean
  readonly onRetry: () => void
  /** False once a start has failed: only the person starts an import. */
  readonly triesByItself: boolean
  readonly onReconnect: (() => void) | undefined
  readonly onStart: (wishes: Wishes) => void
  readonly onClose: () => void
}

const RULES: readonly (readonly [rule: Rule, label: string])[] = [
  ['skip', 'Leave it as it is'],
  ['replace', 'Read it again and replace it'],
  ['keep_both', 'Keep both'],
]

export function ImportForm(props: ImportFormProps) {
  const { preview, failure, busy, onRetry, triesByItself, onReconnect, onStart, onClose } = props
  const [rule, setRule] = useState<Rule>('skip')
  const [keeps, setKeeps] = useState(false)
  const submit = (event: Event) => {
    event.preventDefault()
    const category = new FormData(event.target as HTMLFormElement).get('category')
    const text = typeof category === 'string' ? category.trim() : ''
    onStart({
      on_duplicate: rule,
      keep_original: keeps,
      ...(text === '' ? {} : { category: text }),
    })
  }
  return (
    <form onSubmit={submit}>
      {failure && (
        <Failure
          error={failure}
          onRetry={onRetry}
          onReconnect={onReconnect}
          triesByItself={triesByItself}
        />
      )}
      <div class="preview" role="status">
        {preview === undefined && failure === undefined && (
          <p class="muted">Looking through the selection… You need not wait for it.</p>
        )}
        {preview && <Summary preview={preview} rule={rule} keeps={keeps} />}
      </div>
      <div class="field">
        <label for="import-rule">What is in your documents already</label>
        <select
          id="import-rule"
          onChange={(event: Event) => setRule((event.target as HTMLSelectElement).value as Rule)}
        >
          {RULES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="import-category">Category (optional)</label>
        <input
          id="import-category"
          name="category"
          type="text"
          maxLength={100}
          autocomplete="off"
          aria-describedby="import-category-hint"
        />
        <span class="muted small" id="import-category-hint">
          Documents can be found by it later.
        </span>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={keeps}
          aria-describedby="import-keep-hint"
          onChange={(event: Event) => setKeeps((event.target as HTMLInputElement).checked)}
        />
        Keep the originals, too
      </label>
      <span class="muted small" id="import-keep-hint">
        A copy of each file goes to the default storage and counts there. Without it, the text is
        kept and the file stays where it is.
      </span>
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button class="main" type="submit" aria-disabled={busy ? 'true' : undefined}>
          {busy ? 'Starting…' : 'Start import'}
        </button>
      </div>
    </form>
  )
}

interface SummaryProps {
  readonly preview: ImportPreview
  readonly rule: Rule
  readonly keeps: boolean
}

function Summary({ preview, rule, keeps }: SummaryProps) {
  const notes = notesOn(preview, rule, keeps)
  return (
    <>
      <p>
        <strong>{previewWords(preview)}</strong>
      </p>
      {!preview.is_complete && (
        <p class="muted small">
          There is more than could be counted so fast. All of it is imported.
        </p>
      )}
      {notes.length > 0 && (
        <ul class="notes small">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  )
}

/** What becomes of the files that are not simply imported. */
function notesOn(preview: ImportPreview, rule: Rule, keeps: boolean): string[] {
  const { unsupported, too_large, duplicates, existing_changed, failures } = preview
  const files = (count: number) => `${count} ${plural(count, 'file')}`
  const are = (count: number) => (count === 1 ? 'is' : 'are')
  const fate = keeps ? 'stored without their text' : 'left out'
  const known = {
    skip: 'left as they are',
    replace: 'read again and replaced',
    keep_both: 'imported once more',
  }[rule]
  const count = duplicates.files
  return [
    ...unsupported.map(
      (one) => `${files(one.files)} of type ${typeWords(one.type)}: no text can be read, ${fate}.`,
    ),
    ...(too_large > 0
      ? [`${files(too_large)} larger than 25 MiB: too large to be read, ${fate}.`]
      : []),
    ...(count > 0
      ? [`${files(count)} ${are(count)} in your documents already, unchanged: ${known}.`]
      : []),
    ...(existing_changed > 0
      ? [
          `${files(existing_changed)} ${are(existing_changed)} in your documents and changed since: ${rule === 'keep_both' ? 'imported beside the old version' : 'brought up to date'}.`,
        ]
      : []),
    ...failures.map(({ path, reason }) => `${path || 'One item'}: ${explainReason(reason)}`),
  ]
}
