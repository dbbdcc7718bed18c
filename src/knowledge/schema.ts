// The knowledge base: passages of the documents' text. The full-text index over them is made by a migration, with triggers that keep it true.
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const chunks = sqliteTable(
  'chunks',
  {
    /** The row's id in the full-text index too. */
    id: integer('id').primaryKey(),
    documentId: text('document_id').notNull(),
    /** A term of the full-text index that stands for the owner: a search looks among the owner's passages only. */
    owner: text('owner').notNull(),
    /** From 0, in the order of the text. */
    ordinal: integer('ordinal').notNull(),
    text: text('text').notNull(),
    /** UTF-16 units at the beginning that repeat the end of the passage before. */
    overlap: integer('overlap').notNull(),
    /** Pages or slides, from 1, where the document has them. */
    page: integer('page'),
    pageEnd: integer('page_end'),
    /** The headings that it stands under, the outermost first, with " › " between them. */
    heading: text('heading'),
    /** The document's name, which is searched too. */
    title: text('title').notNull(),
    /** Pairs of characters of text that is written without blanks (Chinese, Japanese, Korean), with blanks between the pairs. */
    pairs: text('pairs'),
  },
  (table) => [uniqueIndex('chunks_document').on(table.documentId, table.ordinal)],
)
export type ChunkRow = typeof chunks.$inferSelect
