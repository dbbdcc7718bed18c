// Why no text was read from a file: a closed list, stored with the document and shown to its user.

/** `no_text`: the file is sound and holds no text, such as a scanned PDF. All others: it could not be read, or was not read further. */
export const UNREADABLE_REASONS = [
  'input_too_large',
  'inflated_too_large',
  'too_many_pages',
  'too_much_text',
  'took_too_long',
  'encrypted',
  'broken_file',
  'type_mismatch',
  'no_text',
] as const

export type UnreadableReason = (typeof UNREADABLE_REASONS)[number]

/** What every reader of files throws. Its message is the reason: nothing of the file gets into logs. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'

  constructor(
    readonly reason: UnreadableReason,
    options?: ErrorOptions,
  ) {
    super(reason, options)
  }
}
