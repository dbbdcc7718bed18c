// The ways in which Dropbox names an item, the patterns that each route takes, and the names that it refuses.
// Source: github.com/dropbox/dropbox-api-spec files.stone (ReadPath, WritePath, ...), dropbox.com/developers/documentation/http/documentation.
import { z } from 'zod'
import { Refusal } from './dropbox-errors.ts'

const BELOW = '(/(.|[\\r\\n])*)'
const NAMESPACE = '(ns:[0-9]+(/(.|[\\r\\n])*)?)'

const LIST = `${BELOW}?|id:.*|${NAMESPACE}`
const READ = `(${BELOW.slice(1, -1)}|id:.*)|(rev:[0-9a-f]{9,})|${NAMESPACE}`
const WRITE = `${BELOW}|${NAMESPACE}`
const WRITE_OR_ID = `${WRITE}|(id:.*)`

const ROOT = 'Specify the root folder as an empty string rather than as "/".'
export const NO_ROOT = 'The root folder is unsupported.'

const matching = (pattern: string) =>
  z.string().regex(new RegExp(`^(?:${pattern})$`), {
    error: ({ input }) => `'${String(input)}' did not match pattern '${pattern}'`,
  })

/** `list_folder` and `search_v2`: the root is the empty string. */
export const listPath = matching(LIST).refine((path) => path !== '/', ROOT)

/** `get_metadata` has nothing to say of the root. */
export const metadataPath = z
  .string()
  .refine((path) => path !== '' && path !== '/', NO_ROOT)
  .pipe(matching(READ))

export const readPath = matching(READ)
export const writePath = matching(WRITE)
export const writePathOrId = matching(WRITE_OR_ID)

export interface ParsedPath {
  /** Where the segments begin. */
  readonly from: 'root' | 'namespace' | 'id' | 'rev'
  /** The namespace, `id:...` or the revision. */
  readonly start: string
  readonly segments: readonly string[]
}

/** Throws `malformed_path` for what fits the pattern and is no path all the same. */
export function parsePath(path: string): ParsedPath {
  if (path.startsWith('id:')) return { from: 'id', start: path, segments: [] }
  if (path.startsWith('rev:')) return { from: 'rev', start: path.slice(4), segments: [] }
  const namespace = /^ns:(\d+)/.exec(path)?.[1]
  const rest = namespace === undefined ? path : path.slice(3 + namespace.length)
  const segments = rest === '' ? [] : rest.slice(1).split('/')
  if (segments.some(isMalformed)) throw new Refusal({ '.tag': 'malformed_path' })
  return namespace === undefined
    ? { from: 'root', start: '', segments }
    : { from: 'namespace', start: namespace, segments }
}

const UNUSABLE = ['\\', '\u0000', '\u007f']

function isMalformed(name: string): boolean {
  if (name === '' || name.length > 255 || /[ .]$/.test(name)) return true
  return UNUSABLE.some((character) => name.includes(character))
}

/** Source: help.dropbox.com/organize/file-names, ignored files. */
const IGNORED = ['desktop.ini', 'thumbs.db', '.ds_store', 'icon\r', '.dropbox', '.dropbox.attr']

export const isDisallowed = (name: string) => IGNORED.includes(name.toLowerCase())
