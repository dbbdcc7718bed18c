// Tells the encoding of bytes that should be text, and decodes them piece by piece: the whole is never held twice.
import { Unreadable } from './unreadable.ts'

/** Bytes that are decoded at once: work between two looks at the clock. */
const PIECE = 64 * 1024

/** Bytes that are looked at to tell text from other data. */
const SAMPLE = 64 * 1024

/** Where a page says what encoding it has: https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding */
const META_AREA = 1024

/** One control character in so many characters is no text any more. */
const TEXT_PER_CONTROL = 50

/** @param encoding a label that TextDecoder knows */
export interface TextSource {
  readonly bytes: Uint8Array
  readonly encoding: string
}

/** Throws `type_mismatch` for bytes that are not text. */
export function openText(bytes: Uint8Array, isPage = false): TextSource {
  const source = { bytes, encoding: encodingOf(bytes, isPage) }
  refuseBinary(source)
  return source
}

/** Text in pieces, without a byte order mark, every line end as `\n`; what cannot be decoded is U+FFFD. */
export function* readPieces({ bytes, encoding }: TextSource): Generator<string> {
  const decoder = new TextDecoder(encoding)
  const decode = (piece: Uint8Array, stream: boolean): string => {
    const text = decoder.decode(piece, { stream })
    return encoding === 'windows-1252' ? text.replace(/[\x80-\x9f]/g, ofWindows) : text
  }
  let held = ''
  for (let at = 0; at < bytes.length; at += PIECE) {
    const isLast = at + PIECE >= bytes.length
    const piece = held + decode(bytes.subarray(at, at + PIECE), !isLast)
    // The line feed that belongs to it may be in the next piece.
    held = !isLast && piece.endsWith('\r') ? '\r' : ''
    yield piece.slice(0, piece.length - held.length).replace(/\r\n?/g, '\n')
  }
}

/** 0x80 to 0x9F in Windows-1252, which some releases of Node decode as Latin-1. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

function ofWindows(char: string): string {
  return WINDOWS[char.charCodeAt(0) - 0x80]!
}

/** The whole text, for what is not read in pieces. Throws `too_much_text` beyond `limit` characters. */
export function readWhole(source: TextSource, limit: number): string {
  let text = ''
  for (const piece of readPieces(source)) {
    text += piece
    if (text.length > limit) throw new Unreadable('too_much_text')
  }
  return text
}

function encodingOf(bytes: Uint8Array, isPage: boolean): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  const declared = isPage ? declaredEncoding(bytes) : undefined
  // Pages that say Latin-1 and are UTF-8 are common; the other way round is not possible by chance.
  if (declared !== undefined && declared !== 'windows-1252') return declared
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252'
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const area = String.fromCharCode(...bytes.subarray(0, META_AREA))
  const label = /(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]{1,40})/i.exec(area)?.[1]
  if (label === undefined) return undefined
  try {
    const { encoding } = new TextDecoder(label)
    // What a page can say of itself in ASCII, it is not in UTF-16.
    return encoding.startsWith('utf-16') ? undefined : encoding
  } catch {
    return undefined
  }
}

/** A few broken characters do not make it another encoding: read as UTF-8, other encodings have next to nothing that is whole. */
function isUtf8(bytes: Uint8Array): boolean {
  const decoder = new TextDecoder('utf-8')
  let whole = 0
  let broken = 0
  for (let at = 0; at < bytes.length; at += PIECE) {
    // A character that is cut at the end is not looked at.
    const piece = decoder.decode(bytes.subarray(at, at + PIECE), { stream: true })
    for (const [beyondAscii] of piece.matchAll(/[^\0-\x7f]+/g)) {
      for (let at = 0; at < beyondAscii.length; at++) {
        if (beyondAscii.charCodeAt(at) === 0xfffd) broken++
        else whole++
      }
    }
  }
  return whole >= broken * 4
}

/** The first bytes of what is never text, even where most of what follows them is. */
const SIGNATURES = ['%PDF-', 'PK\x03\x04', '\xd0\xcf\x11\xe0', '{\\rtf', '\x89PNG', 'GIF8', '%!PS']

function refuseBinary({ bytes, encoding }: TextSource): void {
  const start = String.fromCharCode(...bytes.subarray(0, 8))
  if (SIGNATURES.some((signature) => start.startsWith(signature))) {
    throw new Unreadable('type_mismatch')
  }
  const sample = new TextDecoder(encoding).decode(bytes.subarray(0, SAMPLE), { stream: true })
  const isWide = encoding.startsWith('utf-16')
  let strange = 0
  for (let at = 0; at < sample.length; at++) {
    const code = sample.charCodeAt(at)
    // A zero is in hardly any text, unless half of a wide character was lost.
    if (code === 0 && !isWide) strange += 8
    else if (isControl(code) || (isWide && code === 0xfffd)) strange++
  }
  if (strange > 0 && sample.length < strange * TEXT_PER_CONTROL) {
    throw new Unreadable('type_mismatch')
  }
}

/** Tabs, line ends, form feeds and escapes (of terminals) are in texts. */
function isControl(code: number): boolean {
  return code === 0x7f || (code < 0x20 && !(code >= 9 && code <= 13) && code !== 27)
}
