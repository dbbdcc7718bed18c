// The ids of what a Confluence tree is made of: each names its site, so that a connection can reach several.
import { Problem } from '../../problems/problem.ts'

/** What can have children in a space. */
export type ContentKind = 'page' | 'blogpost' | 'folder' | 'whiteboard' | 'database' | 'embed'
export type Kind = 'site' | 'space' | 'blog' | ContentKind | 'attachment'

export interface Address {
  readonly kind: Kind
  /** The site. */
  readonly cloudId: string
  /** Of the space, the content or the attachment; empty for a site. A number in a string: it may be beyond 2^53. */
  readonly id: string
}

const KINDS: readonly string[] = [
  'site',
  'space',
  // The blog posts of a space, under the space's id.
  'blog',
  'page',
  'blogpost',
  'folder',
  'whiteboard',
  'database',
  'embed',
  'attachment',
] satisfies readonly Kind[]

export function formatId({ kind, cloudId, id }: Address): string {
  return kind === 'site' ? `site.${cloudId}` : `${kind}.${cloudId}.${id}`
}

/** Throws `item_not_found` for what is no id of ours. `root` is none of these. */
export function parseId(text: string): Address {
  const [kind = '', cloudId = '', id = '', ...more] = text.split('.')
  const isWhole = KINDS.includes(kind) && /^[A-Za-z0-9-]{8,64}$/.test(cloudId) && more.length === 0
  const isNamed = kind === 'site' ? id === '' : /^(?:att)?\d{1,30}$/.test(id)
  if (!isWhole || !isNamed) throw new Problem('item_not_found')
  return { kind: kind as Kind, cloudId, id }
}
