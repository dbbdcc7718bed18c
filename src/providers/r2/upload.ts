// Uploads into the bucket with one put of a body of known length: an object is there in full or not at all.
import { Problem } from '../../problems/problem.ts'
import type { Session, Upload, UploadTarget } from '../contract.ts'
import { freeName } from '../names.ts'
import { bucketOf, fileEntry, findTaken, keyOf } from './bucket.ts'
import { checkLength, childPath, type FilePath } from './keys.ts'
import { folderOf } from './manage.ts'

interface State {
  readonly path: FilePath
  readonly overwrite: boolean
  readonly mimeType: string
}

export const upload: Upload<State> = {
  alignment: () => 1,
  fragmentSize: () => Infinity,
  resumable: false,
  digest: 'md5',

  begin: async (session, target) => {
    const folder = await folderOf(session, target.parentId)
    checkLength(session, childPath(folder, target.name))
    const path = childPath(folder, await settleName(session, folder, target))
    const overwrite = target.conflict === 'replace'
    return { done: false, offset: 0, state: { path, overwrite, mimeType: target.mimeType } }
  },

  write: async (session, { path, overwrite, mimeType }, { body }) => {
    const object = await bucketOf(session)
      .put(keyOf(session, path), body ?? new Uint8Array(0), {
        httpMetadata: { contentType: mimeType },
        // Somebody may have taken the name while the bytes were on their way.
        ...(overwrite ? {} : { onlyIf: new Headers({ 'if-none-match': '*' }) }),
      })
      .catch((error: unknown) => {
        throw new Problem('provider_unavailable', 'The bytes did not all arrive in the storage.', {
          cause: error,
        })
      })
    // The bindings' types leave out that a condition can fail here.
    if ((object as R2Object | null) === null) throw new Problem('name_conflict')
    return { done: true, entry: fileEntry(object, path) }
  },

  offset: (_, state) => Promise.resolve({ done: false, offset: 0, state }),
  // A put that did not end well has stored nothing.
  abort: () => Promise.resolve(),
}

async function settleName(
  session: Session,
  folder: FilePath,
  { name, conflict }: UploadTarget,
): Promise<string> {
  const taken = await findTaken(session, childPath(folder, name))
  if (taken === undefined) return name
  if (conflict === 'rename') {
    return freeName(name, async (other) => (await findTaken(session, folder + other)) !== undefined)
  }
  if (conflict === 'fail' || taken === 'folder') throw new Problem('name_conflict')
  return name
}
