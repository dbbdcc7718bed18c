// An item's address at Graph, and the opaque id that stands for it in the API.
import { Problem } from '../../problems/problem.ts'
import type { Session } from '../contract.ts'
import { decodeId, encodeId } from '../opaque-id.ts'

/** `itemId` is `root` for the top of a drive. */
export interface Address {
  readonly driveId: string
  readonly itemId: string
  /** Where a shortcut leads. Its own address is only the link, which rename and delete are about. */
  readonly target?: { readonly driveId: string; readonly itemId: string } | undefined
}

/** The drive whose items need not say where they lie, as `identify` found it; none where there are many drives. */
export function ownDrive(session: Session): string | undefined {
  return session.data['driveId']
}

/** Throws `item_not_found` for what is no id of ours. */
export function parseId(session: Session, id: string): Address {
  if (!id.startsWith('~')) return { driveId: checkPart(ownDrive(session)), itemId: checkPart(id) }
  const [driveId, itemId, targetDrive, targetItem] = decodeId(id.slice(1)).split('\n')
  const target =
    targetDrive === undefined
      ? undefined
      : { driveId: checkPart(targetDrive), itemId: checkPart(targetItem) }
  return { driveId: checkPart(driveId), itemId: checkPart(itemId), target }
}

/** The vendor's own id inside the connection's drive, and one that carries the drive for what lies elsewhere. */
export function formatId(session: Session, { driveId, itemId, target }: Address): string {
  const own = ownDrive(session)
  const isOwn = own !== undefined && sameDrive(driveId, own) && /^[A-Za-z0-9!._-]+$/.test(itemId)
  if (isOwn && target === undefined) return itemId
  const parts = [driveId, itemId, ...(target === undefined ? [] : [target.driveId, target.itemId])]
  return `~${encodeId(parts.join('\n'))}`
}

/** What holds the content: a shortcut's target, or the item itself. */
export function contentAddress(address: Address): Address {
  return address.target ?? address
}

/**
 * Personal drive ids come in upper or lower case and may have lost a leading zero (OneDrive/onedrive-api-docs issues 1890, 1902).
 */
export function normalizeDriveId(id: string): string {
  return /^[0-9a-f]{15,16}$/i.test(id) ? id.toLowerCase().padStart(16, '0') : id
}

export function sameDrive(a: string, b: string): boolean {
  return normalizeDriveId(a) === normalizeDriveId(b)
}

function checkPart(part: string | undefined): string {
  const valid = part !== undefined && part !== '' && part !== '.' && part !== '..'
  if (!valid || part.length > 400 || /[/\\?#\u0000-\u0020]/.test(part)) {
    throw new Problem('item_not_found')
  }
  return part
}
