// Reads Graph collections one behind the other as if they were one, page by page.
import { invalidField } from '../../problems/problem.ts'
import type { Entry, Page, Session } from '../contract.ts'
import { fetchGraph, strangeAnswer } from '../graph/api.ts'
import { GraphRefusal } from '../graph/errors.ts'

/** A site, team, channel or drive, as far as it is shown. */
export interface Row {
  readonly id?: string
  readonly name?: string
  readonly displayName?: string | null
  readonly webUrl?: string
  readonly driveType?: string
}

interface Rows {
  readonly value?: readonly Row[]
  readonly '@odata.nextLink'?: string
}

export interface Collection {
  /** Below `/v1.0`. */
  readonly path: string
  readonly prefer?: string
  readonly toEntry: (row: Row) => Entry | undefined
  /** A refusal that only means that there is nothing. */
  readonly isEmpty?: (error: unknown) => boolean
}

/** The page of `cursor`: the number of a collection and its next link. A collection that is empty does not make an empty page. */
export async function readCollections(
  session: Session,
  collections: readonly Collection[],
  cursor: string | null,
): Promise<Page> {
  let [at, link] = readCursor(cursor, collections.length)
  for (; ; at += 1, link = '') {
    const collection = collections[at]
    if (collection === undefined) return { entries: [], cursor: null }
    const { entries, next } = await readPage(session, collection, link)
    const isLast = at === collections.length - 1
    if (entries.length === 0 && next === undefined && !isLast) continue
    const following = isLast ? null : `${at + 1} `
    return { entries, cursor: next === undefined ? following : `${at} ${next}` }
  }
}

function readCursor(cursor: string | null, count: number): [number, string] {
  if (cursor === null) return [0, '']
  const match = /^(\d) (.*)$/.exec(cursor)
  const at = Number(match?.[1])
  if (match === null || at >= count) throw invalidField('query.cursor', 'is not valid')
  return [at, match[2] ?? '']
}

async function readPage(
  session: Session,
  { path, prefer, toEntry, isEmpty }: Collection,
  link: string,
): Promise<{ readonly entries: readonly Entry[]; readonly next: string | undefined }> {
  const request = prefer === undefined ? {} : { prefer }
  const asked = fetchGraph<Rows>(session, link === '' ? path : link, request)
  const body = await asked.catch((error: unknown): Rows => {
    if (isEmpty?.(error)) return { value: [] }
    const ended =
      link !== '' && error instanceof GraphRefusal && [400, 410].includes(error.vendorStatus)
    throw ended ? invalidField('query.cursor', 'has expired; start again without it') : error
  })
  if (!Array.isArray(body.value)) throw strangeAnswer()
  const entries = (body.value as readonly Row[]).map(toEntry).filter((one) => one !== undefined)
  return { entries, next: body['@odata.nextLink'] }
}

/** What a person reads; some rows have but one of the two. */
export function nameOf({ displayName, name }: Row, otherwise: string): string {
  return [displayName, name].find((one) => typeof one === 'string' && one !== '') ?? otherwise
}
