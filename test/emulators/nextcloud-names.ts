// Refuses the names that a Nextcloud server does not take, as its administrator has set it.
import { DavError } from './dav-request.ts'
import { invalidPath } from './nextcloud-errors.ts'
import type { NextcloudSettings } from './nextcloud-settings.ts'

/**
 * Holds a new name against the rules that `capabilities.files` shows.
 * https://docs.nextcloud.com/server/latest/admin_manual/configuration_server/config_sample_php_parameters.html
 * @throws SabreError 400 with the reason
 */
export function refuseName(settings: NextcloudSettings, name: string): void {
  const lower = name.toLowerCase()
  const [base = ''] = lower.split('.')
  if (name.trim() === '') throw invalidPath('Filename must not be empty')
  if (Buffer.byteLength(name) > 250) throw invalidPath('Filename is too long')
  const character = settings.forbiddenCharacters.find((one) => name.includes(one))
  if (character !== undefined) {
    throw invalidPath(`"${character}" is not allowed inside a filename.`)
  }
  // Code points below 32 are refused wherever the server runs: lib/private/Files/FilenameValidator.php
  if (/[\x00-\x1f]/.test(name))
    throw invalidPath('File name contains at least one invalid character')
  if (settings.forbiddenNames.includes(lower)) {
    throw invalidPath(`"${name}" is a forbidden file or folder name.`)
  }
  if (settings.forbiddenBasenames.includes(base)) {
    throw invalidPath(`"${base}" is a forbidden prefix for file or folder names.`)
  }
  const extension = settings.forbiddenExtensions.find((one) => lower.endsWith(one.toLowerCase()))
  if (extension !== undefined) throw invalidPath(`"${extension}" is a forbidden file type.`)
}

/** @throws DavError 423 for a path that the settings lock */
export function refuseLocked(settings: NextcloudSettings, segments: readonly string[]): void {
  const path = `/${segments.join('/')}`
  if (settings.locked.includes(path)) throw new DavError(423, `"files${path}" is locked`)
}

/**
 * A time that a client sends along, in Unix seconds: apps/dav/lib/Connector/Sabre/MtimeSanitizer.php
 * @throws DavError 500, as the exception is none of sabre's
 */
export function readTime(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^-?\d+$/.test(value)) {
    throw new DavError(500, `${name} header must be a valid integer (unix timestamp)`)
  }
  return Number(value)
}
