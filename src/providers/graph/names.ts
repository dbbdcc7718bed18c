// The names that OneDrive and SharePoint refuse, said before bytes are sent.
// Source: support.microsoft.com, "Restrictions and limitations in OneDrive and SharePoint".
import { badName } from './errors.ts'

const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|\.lock|desktop\.ini)$/i

/** Whether Windows, and so OneDrive, has the name for itself. */
export const isReserved = (name: string) => RESERVED.test(name)

/** Throws `invalid_request` that says what is wrong with the name. */
export function checkName(name: string): void {
  const bad = /["*:<>?/\\|]/.exec(name)?.[0]
  if (bad !== undefined) throw badName(`must not contain ${bad} at OneDrive`)
  if (name !== name.trim()) throw badName('must not begin or end with a space at OneDrive')
  if (name.endsWith('.')) throw badName('must not end with a dot at OneDrive')
  if (name.startsWith('~$') || RESERVED.test(name) || /_vti_/i.test(name)) {
    throw badName('is reserved at OneDrive')
  }
  if (name.length > 255) throw badName('must have at most 255 characters at OneDrive')
}
