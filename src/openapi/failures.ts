// Which codes come from what a route does: sets that operations are put together from.
import type { Failure } from './operation.ts'

/** A token is asked for. 503: the identity provider's keys are out of reach. */
export const TOKEN: readonly Failure[] = [
  'unauthorized',
  'forbidden',
  { code: 'internal', status: 503 },
]

/** A drive is opened and its vendor asked. */
export const DRIVE: readonly Failure[] = [
  ...(['not_found', 'item_not_found', 'invalid_request', 'blocked_url', 'access_denied'] as const),
  ...(['admin_consent_required', 'insufficient_scope', 'not_supported', 'rate_limited'] as const),
  ...(['reauth_required', 'provider_misconfigured', 'provider_unavailable'] as const),
  'provider_timeout',
]

/** Something is written there. */
export const WRITE: readonly Failure[] = [
  ...DRIVE,
  ...(['name_conflict', 'quota_exceeded', 'upload_locked', 'payload_too_large'] as const),
]

/** Content is read. */
export const READ: readonly Failure[] = [...DRIVE, 'payload_too_large', 'range_not_satisfiable']
