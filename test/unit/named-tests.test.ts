// The fifteen acceptance tests of spec section 13 are there, each under its name.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const NAMES = [
  ...['credential_round_trip', 'credentials_enc_not_exposed', 'cloud_upload_no_presigned'],
  ...['connection_status_display', 'invalid_grant_sets_requires_reauth'],
  ...['disconnect_deletes_credentials', 'factory_returns_correct_backend', 'ssrf_validation'],
  ...['ssrf_link_local', 'admin_cannot_see_credentials', 'cross_user_idor', 'connect_google_drive'],
  ...['oauth_callback_valid_state', 'oauth_callback_invalid_state', 'webdav_connect_validates'],
]

const folder = join(import.meta.dirname, '..')
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))

describe('the named tests', () => {
  it.each(NAMES)('%s', (name) => {
    // Neither skipped nor only planned.
    const test = new RegExp(`\\bit(?:\\.each\\([^)]*\\))?\\(\\s*['"]${name}: `)
    const eachOfMany = new RegExp(`\\]\\)\\(['"]${name}: `)
    expect(sources.some((source) => test.test(source) || eachOfMany.test(source))).toBe(true)
  })
})
