// What Google's own document formats can be exported as; the first of each list is the default.
// Source: developers.google.com/workspace/drive/api/guides/ref-export-formats.

const OOXML = 'application/vnd.openxmlformats-officedocument'
const OASIS = 'application/vnd.oasis.opendocument'
const APPS = 'application/vnd.google-apps'

const EXPORT_TYPES: Readonly<Record<string, readonly string[]>> = {
  [`${APPS}.document`]: [
    `${OOXML}.wordprocessingml.document`,
    'application/pdf',
    `${OASIS}.text`,
    'application/rtf',
    'text/plain',
    'text/markdown',
    'application/epub+zip',
    'application/zip',
  ],
  [`${APPS}.spreadsheet`]: [
    `${OOXML}.spreadsheetml.sheet`,
    'application/pdf',
    `${OASIS}.spreadsheet`,
    'text/csv',
    'text/tab-separated-values',
    'application/zip',
  ],
  [`${APPS}.presentation`]: [
    `${OOXML}.presentationml.presentation`,
    'application/pdf',
    `${OASIS}.presentation`,
    'text/plain',
  ],
  [`${APPS}.drawing`]: ['image/png', 'application/pdf', 'image/jpeg', 'image/svg+xml'],
  [`${APPS}.script`]: [`${APPS}.script+json`],
  [`${APPS}.jam`]: ['application/pdf'],
}

const ENDINGS: Readonly<Record<string, string>> = {
  [`${OOXML}.wordprocessingml.document`]: '.docx',
  [`${OOXML}.spreadsheetml.sheet`]: '.xlsx',
  [`${OOXML}.presentationml.presentation`]: '.pptx',
  [`${OASIS}.text`]: '.odt',
  [`${OASIS}.spreadsheet`]: '.ods',
  [`${OASIS}.presentation`]: '.odp',
  [`${APPS}.script+json`]: '.json',
  'application/pdf': '.pdf',
  'application/rtf': '.rtf',
  'application/epub+zip': '.epub',
  'application/zip': '.zip',
  'text/plain': '.txt',
  'text/markdown': '.md',
  'text/csv': '.csv',
  'text/tab-separated-values': '.tsv',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/svg+xml': '.svg',
}

/** Media types that a document of this type can be exported as; undefined for what is no such document. */
export function exportTypes(mimeType: string): readonly string[] | undefined {
  return EXPORT_TYPES[mimeType]
}

/** The name that an export is saved under. */
export function exportName(name: string, mimeType: string): string {
  const ending = ENDINGS[mimeType] ?? ''
  return name.toLowerCase().endsWith(ending) ? name : name + ending
}
