// What imports and their files come to, in the user's words: states, reasons, and what can be done about each.
import type { Import, ImportFileState, ImportPreview, ImportReason } from '../api.ts'
import { formatClock, formatSize } from '../format.ts'

export const STATE_WORDS: Readonly<Record<ImportFileState, string>> = {
  waiting: 'Waiting',
  downloading: 'Downloading',
  processing: 'Reading',
  imported: 'Imported',
  skipped: 'Skipped',
  failed: 'Failed',
}

/** Each says what can be done, where something can. */
const REASONS: Readonly<Record<ImportReason, string>> = {
  duplicate: 'It is in your documents already, unchanged.',
  duplicate_content: 'Another of your documents has the same content.',
  unsupported_type:
    'No text can be read from this kind of file. Keep the originals to store it anyway.',
  not_downloadable: 'It has no content that could be downloaded, such as a form.',
  cancelled: 'The import was cancelled before its turn.',
  item_not_found: 'It is not in the drive any more, or this account may not see it.',
  changed_while_reading: 'It was changed while it was read. Retry brings in the new version.',
  corrupt_download: 'What arrived is not what the provider has. Retry to download it again.',
  quota_exceeded: 'Your default storage is full. Free some space, then retry.',
  insufficient_scope:
    'This account may not read it. Check the drive for a missing permission, or ask its owner for access.',
  provider_error: 'The provider failed each time. Retry later.',
  connection_removed: 'Its drive is no longer connected. Connect it again and start a new import.',
  too_deep: 'It lies too many folders deep. Import that folder by itself.',
  too_many_files: 'The import has reached 100,000 files. Import the rest by itself.',
  interrupted: 'Reading it was interrupted again and again. Retry, or ask your administrator.',
  input_too_large: 'It is too large to be read for text: 25 MiB at most.',
  inflated_too_large: 'It unpacks to more than can be read.',
  too_many_pages: 'It has too many pages. Split it and import the parts.',
  too_much_text: 'It has more text than can be searched. Split it and import the parts.',
  took_too_long: 'Reading it took too long.',
  encrypted: 'It is protected by a password. Save it without one and retry.',
  broken_file: 'The file is damaged and cannot be read.',
  type_mismatch: 'Its content is not what its name says.',
  no_text: 'There is no text in it, as in a scan.',
}

/** One that is not known here yet is shown as it is. */
export const explainReason = (reason: ImportReason | null): string =>
  reason === null ? '' : (REASONS[reason] ?? reason)

export function statusWords(view: Import): {
  readonly kind: 'good' | 'warn' | 'bad' | 'plain'
  readonly text: string
} {
  const { status, counts, folders } = view
  switch (status) {
    case 'running':
      return { kind: 'plain', text: 'Importing' }
    case 'paused':
      return { kind: 'warn', text: 'Paused' }
    case 'cancelled':
      return { kind: 'plain', text: 'Cancelled' }
    case 'failed':
      return { kind: 'bad', text: 'Failed' }
    case 'completed':
      return counts.failed + folders.failed > 0
        ? { kind: 'warn', text: 'Done, not everything' }
        : { kind: 'good', text: 'Done' }
  }
}

/** Why it stands still, and what makes it go on; empty where it does not. */
export function pauseWords({ pause_reason, resume_at }: Import): string {
  const until = resume_at === null ? '' : formatClock(new Date(resume_at))
  switch (pause_reason) {
    case 'user':
      return 'You have paused it.'
    case 'reauth_required':
      return 'The drive wants you to sign in again. The import goes on once it is reconnected.'
    case 'throttled':
      return `The provider asked to wait${until === '' ? '' : ` until ${until}`}. It goes on by itself.`
    case 'provider_unavailable':
      return `The provider has trouble. It is tried again${until === '' ? '' : ` at ${until}`} by itself.`
    case null:
      return ''
  }
}

/** Why an import failed as a whole. */
export function failureWords({ error, status }: Import): string {
  if (status !== 'failed') return ''
  if (error === 'not_found') return 'Its drive is no longer connected.'
  return 'The provider failed again and again. Retry later; if it stays so, ask your administrator.'
}

export const isOver = ({ status }: Import): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed'

/** How far it is, in one line. */
export function progressWords(view: Import): string {
  const { counts, planned, bytes } = view
  const done = counts.imported + counts.skipped + counts.failed
  if (isOver(view)) {
    const parts = [
      `${counts.imported} imported`,
      counts.skipped > 0 ? `${counts.skipped} skipped` : '',
      counts.failed > 0 ? `${counts.failed} failed` : '',
    ]
    return parts.filter((part) => part !== '').join(', ')
  }
  if (counts.total === 0) {
    return view.status === 'paused' ? 'No files found yet' : 'Looking for files…'
  }
  const files = `${done} of ${counts.total}${planned ? '' : ' or more'} ${plural(counts.total, 'file')}`
  const failed = counts.failed > 0 ? `, ${counts.failed} failed` : ''
  return `${files}${failed} · ${formatSize(bytes.done)} of ${formatSize(bytes.total)}`
}

export const plural = (count: number, word: string) => (count === 1 ? word : `${word}s`)

/** How much there is in a selection. */
export function previewWords({
  files,
  folders,
  bytes,
  unknown_sizes,
  is_complete,
}: ImportPreview): string {
  const least = is_complete ? '' : 'At least '
  const within = folders === 0 ? '' : ` in ${folders} ${plural(folders, 'folder')}`
  const more = unknown_sizes === 0 ? '' : `, and ${unknown_sizes} whose size is not known`
  return `${least}${files} ${plural(files, 'file')}${within}, ${formatSize(bytes)}${more}.`
}
