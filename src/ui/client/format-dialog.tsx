// Offers an item in each format that it can be downloaded as.
import { contentPath, type Item } from './api.ts'
import { Dialog } from './dialog.tsx'

interface FormatDialogProps {
  readonly connection: string
  readonly item: Item
  readonly onClose: () => void
}

export function FormatDialog({ connection, item, onClose }: FormatDialogProps) {
  return (
    <Dialog title={`Download ${item.name}`} onClose={onClose}>
      <ul class="formats stack" aria-label="Formats">
        {(item.exportable_as ?? []).map((type, at) => (
          <li key={type}>
            <a
              class={at === 0 ? 'button main wide' : 'button wide'}
              href={contentPath(connection, item.id, type)}
              download
              // The link must still be there when the browser follows it.
              onClick={() => setTimeout(onClose)}
            >
              {FORMATS[type] ?? type}
            </a>
          </li>
        ))}
      </ul>
      <div class="row end">
        <button onClick={onClose}>Cancel</button>
      </div>
    </Dialog>
  )
}

const OFFICE = 'application/vnd.openxmlformats-officedocument'
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument'
/** What people call them; any other is shown by its media type. */
const FORMATS: Readonly<Record<string, string>> = {
  'application/epub+zip': 'EPUB',
  'application/pdf': 'PDF',
  'application/rtf': 'Rich text (RTF)',
  'application/zip': 'Web page, zipped',
  [`${OFFICE}.presentationml.presentation`]: 'PowerPoint (PPTX)',
  [`${OFFICE}.spreadsheetml.sheet`]: 'Excel (XLSX)',
  [`${OFFICE}.wordprocessingml.document`]: 'Word (DOCX)',
  [`${OPEN_DOCUMENT}.presentation`]: 'OpenDocument (ODP)',
  [`${OPEN_DOCUMENT}.spreadsheet`]: 'OpenDocument (ODS)',
  [`${OPEN_DOCUMENT}.text`]: 'OpenDocument (ODT)',
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/svg+xml': 'SVG',
  'text/csv': 'CSV',
  'text/html': 'HTML',
  'text/markdown': 'Markdown',
  'text/plain': 'Plain text',
  'text/tab-separated-values': 'TSV',
}
