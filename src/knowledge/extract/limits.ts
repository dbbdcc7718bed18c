// What reading one file may cost: an isolate has 128 MB for all that it does at once.

const MiB = 1024 * 1024

/** Bytes of any file that is read for text: all of them are held. `input_too_large` */
export const MAX_INPUT = 25 * MiB

/** Bytes that one file may inflate to, in all: a bound on the time. `inflated_too_large` */
export const MAX_INFLATED = 128 * MiB

/** Bytes that one part of an archive may inflate to. Sheets with a million cells are about half of this. `inflated_too_large` */
export const MAX_INFLATED_PART = 64 * MiB

/** Bytes that one stream of a PDF may inflate to: PDF.js holds it twice. `inflated_too_large` */
export const MAX_PDF_STREAM = 16 * MiB

/** Entries of an archive: presentations with much media have some thousands. `inflated_too_large` */
export const MAX_ENTRIES = 10_000

/** Relationships from one part of an office document to others that are read. `broken_file` */
export const MAX_RELATIONSHIPS = 10_000

/** Pages, slides or sheets. `too_many_pages` */
export const MAX_PAGES = 2_000

/**
 * Characters (UTF-16 units) of text read from one file; the longest novels have three million. Chinese, Japanese and Korean ones count
 * five times, for what they cost in the index. `too_much_text`
 */
export const MAX_TEXT = 5_000_000

/** Strings that the cells of a workbook share, of {@link MAX_TEXT} characters in all. `too_much_text` */
export const MAX_STRINGS = 500_000

/** Blocks read from one file: each costs about 100 bytes beside its text. `too_much_text` */
export const MAX_BLOCKS = 200_000

/** Characters of one block that is still being read: no paragraph of a sane file has them. `too_much_text` */
export const MAX_BLOCK = MAX_TEXT

/** Characters of a title that are kept. */
export const MAX_TITLE = 500

/** Characters of a Markdown or JSON file, which are held whole: blanks and marks come on top of the text. `too_much_text` */
export const MAX_SOURCE = 8_000_000

/** Elements within elements, in HTML and XML. Browsers stop at 512; unclosed tags of old pages pile up. `broken_file` */
export const MAX_DEPTH = 4_000

/** Cells of one row, and all that it is nested in: Excel's own limit. `broken_file` */
export const MAX_COLUMNS = 16_384

/** Milliseconds that reading one file may take, as far as the clock can be seen (see clock.ts). `took_too_long` */
export const MAX_TIME = 20_000
