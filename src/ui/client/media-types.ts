// What a media type is called by people.

const NAMES: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF',
  'application/zip': 'archive',
  'application/json': 'JSON',
  'application/octet-stream': 'unknown',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PowerPoint slides',
  'text/plain': 'text',
  'text/markdown': 'Markdown',
  'text/html': 'web page',
  'text/csv': 'table',
}

/** Of one that is not known, what it says itself. */
export function typeWords(type: string): string {
  const bare = type.split(';')[0]?.trim().toLowerCase() ?? ''
  const known = NAMES[bare]
  if (known !== undefined) return known
  const [kind, rest = ''] = bare.split('/')
  if (kind === 'image' || kind === 'audio' || kind === 'video') return `${kind} (${rest})`
  return bare
}
