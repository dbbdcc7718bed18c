// Default storage: an R2 bucket that is bound to the Worker, with a part of its own for each user.
import type { Provider, Session } from '../contract.ts'
import { download, list, locate, stat } from './browse.ts'
import { ledgerOf } from './charge.ts'
import { childPath, fromId, toId } from './keys.ts'
import { createFolder, putMarker, remove, update } from './manage.ts'
import { upload } from './upload.ts'

const DOCUMENTS = 'documents/'

export const r2 = {
  id: 'r2',
  aliases: ['minio'],
  label: 'Default storage',
  auth: { kind: 'builtin' },
  origins: [],
  // Its own bucket throttles nobody; six is what the platform opens at once.
  parallelImports: 6,
  identify: (session) => Promise.resolve({ id: session.userId }),
  check: async (session) => {
    const { used, quota } = await ledgerOf(session).usage()
    return { quota: { used, total: quota ?? undefined } }
  },
  list,
  locate,
  stat,
  download,
  upload,
  createFolder,
  update,
  remove,
  documentFolder,
  foretellId: (folderId, name) => toId(childPath(fromId(folderId), name)),
} satisfies Provider<Parameters<typeof upload.write>[1]>

async function documentFolder(session: Session): Promise<string> {
  await putMarker(session, DOCUMENTS)
  return toId(DOCUMENTS)
}
