// Ids and paths at Dropbox: an item is named by its id, a place for something new by its path.
import { Problem } from '../../problems/problem.ts'
import { badName } from './errors.ts'

/** The API's id of an item: Dropbox's own without its prefix. */
export function formatId(vendorId: string): string {
  return vendorId.replace(/^id:/, '')
}

/** What names the item in a call: `id:…`, or the empty path for the top. Throws `item_not_found` for what is no id. */
export function toPath(id: string): string {
  if (id === 'root') return ''
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(id)) throw new Problem('item_not_found')
  return `id:${id}`
}

/** Names that Dropbox does not keep. Source: help.dropbox.com, "File types to leave off of Dropbox". */
const IGNORED = /^(?:desktop\.ini|thumbs\.db|\.ds_store|icon\r|\.dropbox|\.dropbox\.attr)$/i

/** Throws `invalid_request` that says what is wrong with the name, before bytes are sent. */
export function checkName(name: string): void {
  const bad = /[/\\\u007f]/.exec(name)?.[0]
  if (bad !== undefined) throw badName(`must not contain ${JSON.stringify(bad)} at Dropbox`)
  if (/[ .]$/.test(name)) throw badName('must not end with a dot or a space at Dropbox')
  if (IGNORED.test(name)) throw badName('is one that Dropbox ignores')
  if (name.length > 255) throw badName('must have at most 255 characters at Dropbox')
}
