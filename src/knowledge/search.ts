// Finds the passages of one user that a query means, the best first. Nobody else's are ever looked at.
import { and, asc, eq, sql, type SQL } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { connections, type Connection } from '../connections/schema.ts'
import type { Db } from '../db/client.ts'
import { documents, type DocumentRow } from '../documents/schema.ts'
import { ownerTerm } from './index.ts'
import type { Query } from './query.ts'
import { chunks, type ChunkRow } from './schema.ts'

/** Matches that are judged: the newest, of a query that more passages match. */
const MAX_JUDGED = 20_000
/** The best of them, in which all pages of results are. */
const MAX_RANKED = 2000
/** Results from one document, unless it was asked for. */
const MAX_OF_DOCUMENT = 3
/** What a word counts in the text, headings, the document's name, scripts without blanks, and as the owner's mark. */
const WEIGHTS = sql.raw('1.0, 2.0, 2.0, 1.0, 0.0')
/** bm25's constant k1 in FTS5: no phrase reaches k1 + 1 times its weight. */
const MOST_OF_PHRASE = 2.2

export interface SearchFilter {
  readonly category?: string | undefined
  readonly documentId?: string | undefined
  /** Of the source. */
  readonly connectionId?: string | undefined
  readonly provider?: string | undefined
}

/** A place in the order of all results. */
export interface Place {
  /** As bm25 gives it: the less, the better. */
  readonly rank: number
  /** The passage's id. */
  readonly id: number
}

export interface Found extends Place {
  /** From 0 to 1: how much of the bm25 that a passage could have for this query it has. */
  readonly score: number
  readonly document: DocumentRow
  /** Of the connection that holds the document's bytes; null where there is none. */
  readonly storageStatus: Connection['status'] | null
  /** Of the connection that it was imported from; null where there is none (any more). */
  readonly sourceLabel: string | null
  readonly passage: Pick<ChunkRow, 'ordinal' | 'text' | 'overlap' | 'page' | 'pageEnd' | 'heading'>
}

const sources = alias(connections, 'sources')

export interface SearchOptions {
  readonly filter: SearchFilter
  /** The last result of the page before. */
  readonly after: Place | undefined
  readonly limit: number
}

/** A page of results. Two statements, in one call. */
export async function searchPassages(
  db: Db,
  userId: string,
  query: Query,
  options: SearchOptions,
): Promise<Found[]> {
  const expression = `owner : "${await ownerTerm(userId)}" AND ${query.expression}`
  // A column of its own name each: in a batch, rows come by the names of their columns.
  const found = db
    .$with('found', {
      id: sql<number>`found_id`.as('found_id'),
      rank: sql<number>`found_rank`.as('found_rank'),
    })
    .as(pageOf(expression, userId, options))
  const [rows, counts] = await db.batch([
    db
      .with(found)
      .select({
        id: found.id,
        rank: found.rank,
        document: documents,
        storageStatus: sql<Connection['status'] | null>`${connections.status}`.as('storage_status'),
        sourceLabel: sources.label,
        passage: {
          ordinal: chunks.ordinal,
          text: chunks.text,
          overlap: chunks.overlap,
          page: chunks.page,
          pageEnd: chunks.pageEnd,
          heading: chunks.heading,
        },
      })
      .from(found)
      .innerJoin(chunks, eq(chunks.id, found.id))
      .innerJoin(documents, and(eq(documents.id, chunks.documentId), eq(documents.userId, userId)))
      .leftJoin(
        connections,
        and(eq(connections.id, documents.connectionId), eq(connections.userId, userId)),
      )
      .leftJoin(
        sources,
        and(eq(sources.id, documents.sourceConnectionId), eq(sources.userId, userId)),
      )
      .orderBy(asc(found.rank), asc(found.id)),
    db.select({ total: sql<string>`total`, matches: sql<number>`matches` }).from(countsOf(query)),
  ])
  const most = mostOf(counts)
  return rows.map((row) => ({ ...row, score: scoreOf(row.rank, most) }))
}

function pageOf(expression: string, userId: string, { filter, after, limit }: SearchOptions): SQL {
  const among = passagesOf(userId, filter)
  const few = filter.documentId === undefined ? sql`place <= ${MAX_OF_DOCUMENT}` : sql`1`
  const behind = after === undefined ? sql`1` : sql`(rank, id) > (${after.rank}, ${after.id})`
  return sql`
    SELECT id AS found_id, rank AS found_rank FROM (
      SELECT best.id AS id, best.rank AS rank,
        row_number() OVER (PARTITION BY ${chunks.documentId} ORDER BY best.rank, best.id) AS place
      FROM (
        SELECT id, rank FROM (
          SELECT rowid AS id, bm25(chunks_fts, ${WEIGHTS}) AS rank FROM chunks_fts
          WHERE chunks_fts MATCH ${expression} ${among} ORDER BY rowid DESC LIMIT ${MAX_JUDGED}
        ) ORDER BY rank, id LIMIT ${MAX_RANKED}
      ) AS best CROSS JOIN ${chunks} ON ${chunks.id} = best.id
    ) WHERE ${few} AND ${behind} ORDER BY rank, id LIMIT ${limit}`
}

/** A condition on rowids. Their plus sign has the index look for words first, and not for each rowid. */
function passagesOf(userId: string, filter: SearchFilter): SQL {
  const { category, documentId, connectionId, provider } = filter
  const wanted = [
    category === undefined ? undefined : eq(documents.category, category),
    documentId === undefined ? undefined : eq(documents.id, documentId),
    connectionId === undefined ? undefined : eq(documents.sourceConnectionId, connectionId),
    provider === undefined ? undefined : eq(documents.sourceProvider, provider),
  ].filter((condition) => condition !== undefined)
  if (wanted.length === 0) return sql``
  return sql`AND +rowid IN (
    SELECT ${chunks.id} FROM ${documents} JOIN ${chunks} ON ${chunks.documentId} = ${documents.id}
    WHERE ${and(eq(documents.userId, userId), ...wanted)})`
}

/** How many passages match each phrase, and what the index keeps of its own size. */
function countsOf({ phrases }: Query): SQL {
  const expressions = JSON.stringify(phrases.map(({ expression }) => expression))
  return sql`(
    SELECT (SELECT hex(block) FROM chunks_fts_data WHERE id = 1) AS total,
      (SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH phrase.value) AS matches
    FROM json_each(${expressions}) AS phrase)`
}

/** The bm25 that a passage would have which has every phrase as often as can be (FTS5's documentation, section 5.1.1). */
function mostOf(counts: readonly { readonly total: string; readonly matches: number }[]): number {
  const weights = counts.map(({ total, matches }) => {
    const weight = Math.log((firstNumber(total) - matches + 0.5) / (matches + 0.5))
    // A phrase that most passages have counts for next to nothing.
    return weight > 0 ? weight : 1e-6
  })
  return MOST_OF_PHRASE * weights.reduce((sum, weight) => sum + weight, 0)
}

/** The rows of the index: the first number of its averages record, seven bits a byte, of which all but the last have the eighth set. */
function firstNumber(hex: string): number {
  let number = 0
  for (const [pair] of hex.matchAll(/../g)) {
    const byte = parseInt(pair, 16)
    number = number * 128 + (byte & 127)
    if (byte < 128) break
  }
  return number
}

function scoreOf(rank: number, most: number): number {
  return Math.round(Math.min(1, Math.max(0, -rank / most)) * 10_000) / 10_000
}
