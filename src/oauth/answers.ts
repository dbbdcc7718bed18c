// The schemas of what the OAuth routes answer.
import { z } from 'zod'
import { choice, link, text, time } from '../answer.ts'
import { connectionSchema } from '../connections/answers.ts'
import { PROBLEMS, type ProblemCode } from '../problems/problem.ts'

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]

export const initiatedSchema = z
  .object({
    authorization_url: link(
      'Where the user’s browser has to go.',
      'https://accounts.google.com/o/oauth2/v2/auth?client_id=slipway&state=Zk3',
    ),
    attempt_id: text('Read the attempt to learn how it went.', '9b2e4d6f8a1c3e5f'),
    expires_at: time('When the attempt ends.'),
  })
  .meta({ id: 'InitiatedConnect', description: 'A connect attempt that has begun.' })

const common = {
  attempt_id: text('Of the attempt.', '9b2e4d6f8a1c3e5f'),
  provider: text('The provider’s id.', 'google_drive'),
}

export const attemptSchema = z
  .union([
    z
      .object({
        ...common,
        status: choice(
          ['pending', 'awaiting_claim'],
          '`awaiting_claim`: the user has consented in a browser that could not be recognised; send the code from the popup, or from the fragment of `return_to`, to `complete`.',
        ),
        expires_at: time('When the attempt ends.'),
      })
      .meta({ id: 'OpenAttempt', description: 'An attempt that is under way.' }),
    z
      .object({
        ...common,
        status: choice(['completed'], 'There is a connection.'),
        connection: connectionSchema,
      })
      .meta({ id: 'CompletedAttempt', description: 'An attempt that has succeeded.' }),
    z
      .object({
        ...common,
        status: choice(['failed'], 'Nothing was connected.'),
        code: choice(codes, 'Why, as a problem code.'),
        detail: text('Why, in words.', 'Access was denied at the provider'),
      })
      .meta({ id: 'FailedAttempt', description: 'An attempt that has failed, or has ended.' }),
  ])
  .meta({ id: 'Attempt', description: 'How connecting goes.' })
