// The schemas of what a search over the documents' text answers.
import { z } from 'zod'
import { count, nextCursor, text } from '../answer.ts'
import { documentSchema, sourceSchema } from '../documents/answers.ts'

const position = (description: string, example: number) => count(description, example)

export const resultSchema = z
  .object({
    document: documentSchema,
    passage: z.object({
      text: text('The part around the hits.', '… the notice period is three months …'),
      html: text(
        'The same with `<mark>` around the hits; everything else is escaped.',
        '… the <mark>notice period</mark> is three months …',
      ),
      highlights: z
        .array(
          z.object({
            start: position('The first UTF-16 unit of a hit in `text`.', 6),
            end: position('The first behind it.', 19),
          }),
        )
        .meta({ description: 'The hits.' }),
      page: position('The page or slide, from 1, where there are any.', 3).nullable(),
      page_end: position('The page that it ends on.', 3).nullable(),
      heading: text('The headings above it.', 'Contract › Termination').nullable(),
      ordinal: position('Its place in the document, from 0.', 7),
    }),
    source: sourceSchema
      .extend({ name: text('What the user calls the drive.', 'Ann’s drive') })
      .meta({ id: 'ResultSource', description: 'Where the document comes from.' })
      .nullable(),
    score: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'How well it fits; the best first.', examples: [0.82] }),
  })
  .meta({ id: 'SearchResult', description: 'A passage that was found, with its document.' })

export const resultListSchema = z
  .object({ results: z.array(resultSchema), next_cursor: nextCursor })
  .meta({ id: 'SearchResults', description: 'A page of passages, the best first.' })
