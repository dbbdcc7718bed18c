// The console's files, under names that carry their content's hash, so that browsers may keep them for ever.
import { sha256 } from '../crypto/random.ts'
import script from '../../build/app.client.txt'
import chunks from '../../build/chunks.client.txt'
import style from '../../build/app.css'

export interface Asset {
  readonly path: string
  readonly type: string
  readonly body: string
}

interface Assets {
  readonly script: Asset
  readonly style: Asset
  /** What the script imports while it runs, beside it. */
  readonly chunks: readonly Asset[]
}

let made: Promise<Assets> | undefined

const SCRIPT = 'text/javascript; charset=utf-8'

/** The script, what it imports later, and the style sheet; hashed once in the life of an isolate. */
export function assets(): Promise<Assets> {
  made ??= Promise.all([
    toAsset('js', SCRIPT, script),
    toAsset('css', 'text/css; charset=utf-8', style),
  ]).then(([js, css]) => ({ script: js, style: css, chunks: readChunks() }))
  return made
}

/** Their names carry a hash from the build: the script knows them by it. */
function readChunks(): Asset[] {
  const texts = JSON.parse(chunks) as Readonly<Record<string, string>>
  return Object.entries(texts).map(([name, body]) => ({
    path: `/assets/${name}`,
    type: SCRIPT,
    body,
  }))
}

async function toAsset(ending: string, type: string, body: string): Promise<Asset> {
  const hash = (await sha256(body)).slice(0, 16)
  return { path: `/assets/app-${hash}.${ending}`, type, body }
}

/** A ship in harbour, for tabs and bookmarks. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1a56b8"/><path d="M6 20h20l-3 6H9zM15 6v12H8zM17 9l7 9h-7z" fill="#fff"/></svg>`
