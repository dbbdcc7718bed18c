// Writes a page's storage format as the other representations: HTML of sorts, and ADF as a JSON string.
// Source: confluence.atlassian.com/doc/confluence-storage-format-790796544.html.
import { SaxesParser, type SaxesTagPlain } from 'saxes'

/** The named entities of HTML that pages here use: the storage format is no XML document. */
const ENTITIES: Readonly<Record<string, string>> = {
  nbsp: '\u00a0',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  rarr: '→',
  bull: '•',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
}

/** Elements whose text no reader sees. */
const SILENT = ['ac:parameter', 'ac:task-id', 'ac:task-uuid', 'ac:placeholder', 'ac:adf-fallback']
const VOID = ['br', 'hr', 'img', 'col']

interface Writing {
  html: string
  /** The elements that are open, with the HTML that ends each. */
  readonly open: { readonly name: string; readonly end: string }[]
  silent: number
}

/** HTML as `view` and `export_view` have it: macros are done, nothing of `ac:` or `ri:` is left. */
export function renderHtml(storage: string): string {
  const writing: Writing = { html: '', open: [], silent: 0 }
  parse(storage, {
    open: (tag) => openTag(writing, tag),
    close: () => {
      const last = writing.open.pop()
      if (writing.silent === 0) writing.html += last?.end ?? ''
      if (SILENT.includes(last?.name ?? '')) writing.silent -= 1
    },
    text: (text) => {
      if (writing.silent > 0) return
      if (writing.open.at(-1)?.name !== 'ac:task-status') writing.html += escapeHtml(text)
      else if (text === 'complete') {
        // The status comes inside the task that it is of.
        writing.html = writing.html.replace(/<li>$/, '<li class="checked">')
      }
    },
  })
  return writing.html
}

function openTag(writing: Writing, tag: SaxesTagPlain): void {
  const { name, attributes } = tag
  const [start, end] = htmlOf(name, attributes)
  if (SILENT.includes(name)) writing.silent += 1
  if (writing.silent === 0) writing.html += start
  writing.open.push({ name, end })
}

function htmlOf(name: string, attributes: Record<string, string>): [string, string] {
  const macro = attributes['ac:name'] ?? ''
  switch (name) {
    case 'ac:structured-macro':
      return [`<div class="${escapeHtml(macro)} macro">`, '</div>']
    case 'ac:plain-text-body':
      return ['<pre>', '</pre>']
    case 'ac:task-list':
      return ['<ul class="inline-task-list">', '</ul>']
    case 'ac:task':
      return ['<li>', '</li>']
    case 'ac:link':
      return ['<a href="#">', '</a>']
    case 'ac:image':
      return [`<img src="#" alt="${escapeHtml(attributes['ac:alt'] ?? '')}">`, '']
    case 'ac:emoticon':
      return [escapeHtml(attributes['ac:emoji-fallback'] ?? macro), '']
    case 'time':
      // The storage format has the date in the attribute alone.
      return [
        `<time datetime="${escapeHtml(attributes['datetime'] ?? '')}">`,
        `${escapeHtml(attributes['datetime'] ?? '')}</time>`,
      ]
    case 'root':
      return ['', '']
  }
  if (/^(?:ac|ri):/.test(name)) return ['', '']
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeHtml(value)}"`)
  return [`<${name}${written.join('')}>`, VOID.includes(name) ? '' : `</${name}>`]
}

/** The ADF document: JSON in a string. Each block of text is a paragraph. */
export function renderAdf(storage: string): string {
  const blocks = renderHtml(storage)
    .split(/<\/?(?:p|h[1-6]|li|td|th|tr|pre|div|ul|ol|table|tbody)(?: [^>]*)?>/)
    .map((block) => unescapeHtml(block.replace(/<[^>]*>/g, '')).trim())
    .filter((block) => block !== '')
  const content = blocks.map((text) => ({ type: 'paragraph', content: [{ type: 'text', text }] }))
  return JSON.stringify({ type: 'doc', version: 1, content })
}

/** What a reader sees, for the search. */
export function renderText(storage: string): string {
  return unescapeHtml(renderHtml(storage).replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

function parse(
  storage: string,
  on: { open: (tag: SaxesTagPlain) => void; close: () => void; text: (text: string) => void },
): void {
  const parser = new SaxesParser({ xmlns: false })
  Object.assign(parser.ENTITIES, ENTITIES)
  parser.on('error', (error) => {
    // HTML has more than two thousand of them: the rest stay as they are.
    if (!error.message.includes('undefined entity')) throw error
  })
  parser.on('opentag', on.open)
  parser.on('closetag', on.close)
  parser.on('text', on.text)
  parser.on('cdata', on.text)
  parser.write(`<root>${storage}</root>`).close()
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
}
