// Checks a request's input against a zod schema; what is wrong becomes `invalid_request` with each field named.
import { zValidator } from '@hono/zod-validator'
import type { HonoRequest, ValidationTargets } from 'hono'
import type { z } from 'zod'
import { BODY_LIMIT, readBounded } from './bounded-body.ts'
import { invalidField, Problem, type FieldError } from './problem.ts'

const PREFIX: Partial<Record<keyof ValidationTargets, string>> = {
  json: 'body',
  form: 'body',
  query: 'query',
}

/** What a `validate` checks. */
export interface Input {
  readonly target: 'json' | 'query' | 'form'
  readonly schema: z.ZodType
}

const inputs = new WeakMap<object, Input>()

/** What a handler of a route checks, if it was made by `validate`: the API's document is made of it. */
export const inputOf = (handler: object): Input | undefined => inputs.get(handler)

/**
 * Middleware that hands the parsed input on as `c.req.valid(target)`.
 * @param limit bytes of a body; one with more is refused before it is held
 */
export function validate<T extends z.ZodType, Target extends 'json' | 'query' | 'form'>(
  target: Target,
  schema: T,
  limit = BODY_LIMIT,
) {
  const check = zValidator(target, schema, (result) => {
    if (!result.success) throw invalidRequest(PREFIX[target] ?? target, result.error.issues)
  })
  const middleware: typeof check = async (c, next) => {
    if (target !== 'query') {
      const body = await readBounded(c.req.raw, limit)
      c.req.raw = new Request(c.req.raw, { body })
    }
    return check(c, next)
  }
  inputs.set(middleware, { target, schema })
  return middleware
}

/**
 * The parsed JSON body of a request that may come without one: then it is `{}`. A body that is not declared to be JSON is refused,
 * so that nothing in it is left out silently.
 */
export async function readOptionalJson<T extends z.ZodType>(
  request: HonoRequest,
  schema: T,
): Promise<z.output<T>> {
  const text = new TextDecoder().decode(await readBounded(request.raw, BODY_LIMIT))
  const isJson = /^application\/json\s*(?:;|$)/i.test(request.header('Content-Type') ?? '')
  if (text !== '' && !isJson) {
    throw invalidField('header.Content-Type', 'must be application/json')
  }
  const result = schema.safeParse(text === '' ? {} : parseJson(text))
  if (!result.success) throw invalidRequest('body', result.error.issues)
  return result.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidField('body', 'cannot be parsed')
  }
}

/** Every issue of a failed parse as one problem. Values are never repeated: they may be secrets. */
export function invalidRequest(prefix: string, issues: readonly z.core.$ZodIssue[]): Problem {
  const errors = issues.flatMap((issue): FieldError[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: [prefix, ...issue.path, key].join('.'),
        message: 'is not known here',
      }))
    }
    return [{ field: [prefix, ...issue.path].join('.'), message: issue.message }]
  })
  const first = errors[0]
  return new Problem('invalid_request', first && `${first.field}: ${first.message}`, { errors })
}
