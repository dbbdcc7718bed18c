// What all formats are read into: blocks of text in reading order.

export interface Block {
  readonly kind: 'heading' | 'paragraph' | 'list_item' | 'table_row' | 'code'
  /** Not empty, well-formed UTF-16 in NFC without control characters; blanks are single spaces, except in code. */
  readonly text: string
  /** Of headings: 1 to 6. */
  readonly level?: number
  /** PDF page or slide, from 1. */
  readonly page?: number
}

export interface Extracted {
  readonly blocks: readonly Block[]
  /** The title that the file gives itself beside its text. */
  readonly title?: string
}
