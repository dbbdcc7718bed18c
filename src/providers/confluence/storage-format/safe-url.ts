// The addresses that an output may hold: of the web or of a mailbox, with nothing in them that a reader could take for more.

const SCHEMES = new Set(['http:', 'https:', 'mailto:'])
/** Nothing to encode, nothing hidden: as good as parsed. */
const PLAIN = /^(?:https?:\/\/|mailto:)[\w\-.~:/?#[\]@!$&()*+,;=%]+$/i

/** The address, undefined for what is none or of another scheme: `javascript:` however it is disguised, `data:`, paths. */
export function safeUrl(address: string): string | undefined {
  const trimmed = address.trim()
  if (!URL.canParse(trimmed)) return undefined
  const url = new URL(trimmed)
  if (!SCHEMES.has(url.protocol)) return undefined
  // What the parser dropped or encoded is what a browser would have: https://url.spec.whatwg.org/#concept-basic-url-parser
  return PLAIN.test(trimmed) ? trimmed : url.href.replace(/[\\`|{}^]/g, encodeURIComponent)
}
