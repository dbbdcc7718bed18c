// Serves bytes of strangers from the Worker's origin so that a browser never runs them, under any name or type.
import type { Context } from 'hono'
import { Problem } from '../problems/problem.ts'

/** Types that a browser shows without running anything in them; everything else is a download. */
const INLINE =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/|video\/|text\/plain|application\/pdf)/
/** Types that can carry script or markup. */
const ACTIVE = /script|html|xml|svg|xsl|mathml|wasm|ecma|css|json|x-shockwave|java|multipart|mhtml/

/** The type to send: never script, HTML, SVG or XML. */
export function safeContentType(mimeType: string | null): string {
  const type = (mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type)) return 'application/octet-stream'
  // Office's own types have "xml" in their names and are zip archives.
  if (/^application\/vnd\.openxmlformats-officedocument\.[a-z.]+$/.test(type)) return type
  if (!ACTIVE.test(type)) return type === 'text/plain' ? 'text/plain; charset=utf-8' : type
  return type.startsWith('text/') ? 'text/plain; charset=utf-8' : 'application/octet-stream'
}

/** Headers of every answer that carries content. */
export function contentHeaders(
  file: { readonly name: string; readonly mimeType: string | null },
  disposition: 'attachment' | 'inline',
): Record<string, string> {
  const type = safeContentType(file.mimeType)
  const shown = disposition === 'inline' && INLINE.test(type) ? 'inline' : 'attachment'
  return {
    'content-type': type,
    'content-disposition': contentDisposition(shown, file.name),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'private, no-store',
    'referrer-policy': 'no-referrer',
  }
}

/**
 * RFC 6266 with RFC 8187: an ASCII fallback and the UTF-8 name. Control characters and those that turn the direction of text are
 * left out, so that a name cannot show another ending than it has.
 */
export function contentDisposition(kind: 'attachment' | 'inline', name: string): string {
  const clean = name
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .replace(/[/\\]/g, '_')
    .toWellFormed()
  const fallback = clean.replace(/[^\x20-\x7e]/g, '_').replace(/["%]/g, '_') || 'download'
  const encoded = encodeURIComponent(clean).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${fallback}"; filename*=UTF-8''${encoded}`
}

/** A worker script from stored content would take over the origin (Service Workers section 6.2). */
export function refuseWorkerScripts(c: Context): void {
  const destination = c.req.header('Sec-Fetch-Dest')
  const script = ['serviceworker', 'sharedworker', 'worker', 'script']
  if (c.req.header('Service-Worker') === 'script' || script.includes(destination ?? '')) {
    throw new Problem('forbidden', 'Content is never served as a script.')
  }
}
