// Why no text could be had from a file: a closed list, as the API shows it.

export const UNREADABLE_REASONS = [
  /** More bytes than are read for text. */
  'input_too_large',
  /** An archive that grows beyond any use. */
  'inflated_too_large',
  'too_many_pages',
  'too_much_text',
  'took_too_long',
  /** A password is needed. */
  'encrypted',
  'broken_file',
  /** The bytes are not of the kind that name and media type say. */
  'type_mismatch',
  /** A readable file in which there is no text, such as a scan. */
  'no_text',
] as const
export type UnreadableReason = (typeof UNREADABLE_REASONS)[number]
