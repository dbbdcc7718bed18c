// Makes folders, renames, moves and deletes.
import { Problem } from '../../problems/problem.ts'
import type { Entry, Session } from '../contract.ts'
import { callRpc, findMetadata, strangeAnswer, toEntry, type Metadata } from './api.ts'
import { folderPath, getItem, pathOf } from './browse.ts'
import { checkName, toPath } from './paths.ts'

interface Changed {
  readonly metadata?: Metadata
}

export async function createFolder(
  session: Session,
  parentId: string,
  name: string,
): Promise<Entry> {
  checkName(name)
  // Folders that are missing on the way would be made: the parent has to be there.
  const path = `${await folderPath(session, parentId)}/${name}`
  const { metadata } = await callRpc<Changed>(session, 'files/create_folder_v2', {
    path,
    autorename: false,
  })
  if (metadata === undefined) throw strangeAnswer()
  return toEntry(metadata, parentId, 'folder')
}

export async function update(
  session: Session,
  id: string,
  change: { readonly name?: string | undefined; readonly parentId?: string | undefined },
): Promise<Entry> {
  if (id === 'root') throw new Problem('not_supported', 'The top folder cannot be changed.')
  if (change.name !== undefined) checkName(change.name)
  const item = await getItem(session, id)
  const from = pathOf(item)
  const parent =
    change.parentId === undefined
      ? from.slice(0, from.lastIndexOf('/'))
      : await folderPath(session, change.parentId)
  const name = change.name ?? item.name ?? ''
  const to = `${parent}/${name}`
  // The folders above may be shown in another case: that is no change.
  const isSame = name === item.name && to.toLowerCase() === from.toLowerCase()
  if (isSame) return toEntry(item, change.parentId)
  return toEntry(await moveTo(session, id, from, to), change.parentId)
}

/** A move that changes nothing but upper and lower case has to go through another name. */
async function moveTo(session: Session, id: string, from: string, to: string): Promise<Metadata> {
  if (from.toLowerCase() !== to.toLowerCase()) return move(session, toPath(id), to)
  const between = `${to.slice(0, to.lastIndexOf('/'))}/.slipway-${crypto.randomUUID()}`
  await move(session, toPath(id), between)
  try {
    return await move(session, toPath(id), to)
  } catch (error) {
    // Better its old name than one that nobody knows.
    await move(session, toPath(id), from).catch(() => undefined)
    throw error
  }
}

async function move(session: Session, from: string, to: string): Promise<Metadata> {
  const arg = { from_path: from, to_path: to, autorename: false }
  try {
    const { metadata } = await callRpc<Changed>(session, 'files/move_v2', arg, { deadline: 60_000 })
    if (metadata === undefined) throw strangeAnswer()
    return metadata
  } catch (error) {
    const unsure =
      error instanceof Problem && ['provider_unavailable', 'provider_timeout'].includes(error.code)
    const moved = unsure ? await findMetadata(session, from).catch(() => undefined) : undefined
    if (moved?.path_lower !== to.toLowerCase()) throw error
    return moved
  }
}

/** To the vendor's bin, with all that is in it. What is not there any more is gone already. */
export async function remove(session: Session, id: string): Promise<void> {
  if (id === 'root') throw new Problem('not_supported', 'The top folder cannot be deleted.')
  try {
    await callRpc(
      session,
      'files/delete_v2',
      { path: toPath(id) },
      { replay: true, deadline: 60_000 },
    )
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'item_not_found') throw error
  }
}
