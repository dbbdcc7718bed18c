// Why a file was left out of an import, or could not be brought in: a closed list, as the API shows it.
import { UNREADABLE_REASONS } from '../knowledge/reasons.ts'

/** Left alone on purpose. */
export const SKIP_REASONS = [
  /** The same item in the same version is a document already. */
  'duplicate',
  /** Another document has the same bytes. */
  'duplicate_content',
  /** Nothing that text can be read from, and the file itself was not to be kept. */
  'unsupported_type',
  /** A kind of item that has no content, such as a form. */
  'not_downloadable',
  'cancelled',
] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

export const FAILURE_REASONS = [
  /** It is not in the drive any more, or the account may not see it. */
  'item_not_found',
  'changed_while_reading',
  /** What arrived is not what the vendor's own hash or size says. */
  'corrupt_download',
  'quota_exceeded',
  'insufficient_scope',
  /** The provider failed each time. */
  'provider_error',
  'connection_removed',
  /** A folder lies deeper than {@link MAX_DEPTH}. */
  'too_deep',
  /** The import has more files, or folders, than an import may have. */
  'too_many_files',
  /** Its processing ended the Worker again and again. */
  'interrupted',
  ...UNREADABLE_REASONS,
] as const
export type FailureReason = (typeof FAILURE_REASONS)[number]

export type Reason = SkipReason | FailureReason
