// Why connecting failed, in words that name the way out.
import { failure } from '../../client/connect/popup.ts'
import { toError, type ApiError } from './api.ts'

/** What a form was refused for: its own words name the field, except where the way out is not in the form. */
export function explain(error: unknown): ApiError {
  const told = toError(error)
  const elsewhere = ['account_mismatch', 'admin_consent_required'].includes(told.code)
  return elsewhere ? failure(told.code) : told
}
