// The schema of every failure's body, RFC 9457.
import { z } from 'zod'
import { choice, count, text } from '../answer.ts'
import { PROBLEMS, type ProblemCode } from './problem.ts'

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]

export const problemSchema = z
  .object({
    type: text('A page that explains the code.', 'https://slipway.example/problems/not_found'),
    title: text('The kind of failure in words; the same for each of a code.', 'Not found'),
    status: z
      .int()
      .min(400)
      .max(599)
      .meta({ description: 'The HTTP status.', examples: [404] }),
    detail: text('What went wrong this time.', 'There is no such connection.'),
    code: choice(codes, 'What a program should look at.'),
    request_id: text('To quote to the operator: the log has it.', '6c1f0c5d2b8e4f7a'),
    retry_after: count('Seconds to wait before the next try.', 30).min(1).optional(),
    errors: z
      .array(
        z.object({
          field: text(
            'Where it stands: `body.`, `query.`, `header.`, `metadata.` and a name.',
            'query.limit',
          ),
          message: text('What is wrong with it.', 'Too big: expected number to be <=1000'),
        }),
      )
      .optional()
      .meta({ description: 'Each wrong field, with `invalid_request`.' }),
    scope: text('The scope that is missing, with `insufficient_scope`.', 'Files.Read').optional(),
    error: choice(
      ['INVALID_GRANT', 'INVALID_CLIENT', 'ACCESS_DENIED'],
      'The word of an earlier contract; below `/api/cloud-accounts` alone.',
    ).optional(),
  })
  .meta({ id: 'Problem', description: 'A failure (RFC 9457, `application/problem+json`).' })
