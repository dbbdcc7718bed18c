// Which files text is read from, as their names and media types promise it.

/** Formats by what the bytes are, not by what name or type say. */
export type TextFormat =
  'text' | 'markdown' | 'html' | 'csv' | 'json' | 'pdf' | 'docx' | 'xlsx' | 'pptx'

const OPEN_XML = 'application/vnd.openxmlformats-officedocument'
const MACRO = 'macroenabled.12'

/** Types that say exactly what a file is: they go before its name, which may be no more than a title. */
const TYPES = new Map<string, TextFormat>([
  ['application/pdf', 'pdf'],
  ['application/x-pdf', 'pdf'],
  [`${OPEN_XML}.wordprocessingml.document`, 'docx'],
  [`${OPEN_XML}.wordprocessingml.template`, 'docx'],
  [`application/vnd.ms-word.document.${MACRO}`, 'docx'],
  [`application/vnd.ms-word.template.${MACRO}`, 'docx'],
  [`${OPEN_XML}.spreadsheetml.sheet`, 'xlsx'],
  [`${OPEN_XML}.spreadsheetml.template`, 'xlsx'],
  [`application/vnd.ms-excel.sheet.${MACRO}`, 'xlsx'],
  [`application/vnd.ms-excel.template.${MACRO}`, 'xlsx'],
  [`${OPEN_XML}.presentationml.presentation`, 'pptx'],
  [`${OPEN_XML}.presentationml.slideshow`, 'pptx'],
  [`${OPEN_XML}.presentationml.template`, 'pptx'],
  [`application/vnd.ms-powerpoint.presentation.${MACRO}`, 'pptx'],
  [`application/vnd.ms-powerpoint.slideshow.${MACRO}`, 'pptx'],
  [`application/vnd.ms-powerpoint.template.${MACRO}`, 'pptx'],
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['text/markdown', 'markdown'],
  ['text/x-markdown', 'markdown'],
  ['text/csv', 'csv'],
  ['application/csv', 'csv'],
  ['text/tab-separated-values', 'csv'],
  ['application/json', 'json'],
  ['text/json', 'json'],
  ['application/x-ndjson', 'json'],
  ['application/jsonl', 'json'],
])

const EXTENSIONS = new Map<string, TextFormat>([
  ...each('pdf', 'pdf'),
  ...each('docx', 'docx docm dotx dotm'),
  ...each('xlsx', 'xlsx xlsm xltx xltm'),
  ...each('pptx', 'pptx pptm ppsx ppsm potx potm'),
  ...each('html', 'html htm xhtml xht'),
  ...each('markdown', 'md markdown mdown mkd mdx'),
  ...each('csv', 'csv tsv tab'),
  ...each('json', 'json ndjson jsonl geojson jsonld ipynb webmanifest'),
  ...each('text', 'txt text log rst adoc asciidoc org tex bib srt vtt ics vcf'),
  ...each('text', 'yaml yml toml ini cfg conf config properties env xml xsd xsl plist json5 jsonc'),
  ...each('text', 'js mjs cjs jsx ts mts cts tsx vue svelte css scss sass less graphql gql proto'),
  ...each('text', 'py rb php pl pm lua r jl java kt kts scala groovy gradle clj ex exs erl hs ml'),
  ...each('text', 'c h cc cpp cxx hh hpp cs fs vb go rs swift m mm d dart zig nim pas f90 asm s'),
  ...each('text', 'sh bash zsh fish ps1 psm1 bat cmd sql diff patch tf hcl nix cmake mk'),
])

/** Formats that have a media type under text/ and are not text to be read. */
const NOT_TEXT = new Set(['text/rtf', 'text/richtext', 'text/enriched'])

/** Source code and settings that are not under text/. */
const TEXT_TYPES =
  /^application\/(?:x-)?(?:javascript|ecmascript|typescript|yaml|toml|xml|sql|sh|shellscript|csh|httpd-php|perl|python|ruby|tex|latex|graphql|subrip)$/

/** Files without an extension that are text by custom. */
const TEXT_NAMES =
  /^(?:readme|license|licence|copying|changelog|authors|notice|todo|makefile|dockerfile)$/i

/**
 * The format that a file's name and media type promise; undefined = nothing that text is read from.
 * @param mimeType as the source has it, parameters and all
 */
export function promisedFormat(name: string, mimeType: string | null): TextFormat | undefined {
  const type = (mimeType ?? '').split(';', 1)[0]!.trim().toLowerCase()
  return TYPES.get(type) ?? formatOfName(name) ?? formatOfFamily(type)
}

function formatOfName(name: string): TextFormat | undefined {
  const dot = name.lastIndexOf('.')
  if (dot < 0) return TEXT_NAMES.test(name) ? 'text' : undefined
  return EXTENSIONS.get(name.slice(dot + 1).toLowerCase())
}

function formatOfFamily(type: string): TextFormat | undefined {
  if (type.endsWith('+json')) return 'json'
  const isText = type.startsWith('text/') && !NOT_TEXT.has(type)
  return isText || TEXT_TYPES.test(type) ? 'text' : undefined
}

function each(format: TextFormat, extensions: string): [string, TextFormat][] {
  return extensions.split(' ').map((extension) => [extension, format])
}
