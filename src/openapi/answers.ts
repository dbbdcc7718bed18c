// What an operation answers: each status with its schema, and each way to fail with the codes that it can have here.
import { z } from 'zod'
import { problemSchema } from '../problems/answers.ts'
import { PROBLEMS, type ProblemCode } from '../problems/problem.ts'
import type { Input } from '../problems/validate.ts'
import type { MediaObject, ResponseObject, Responses } from './document.ts'
import { exampleOf } from './example.ts'
import { TOKEN } from './failures.ts'
import { contentSchema, toJsonSchema, type Components, type JsonSchema } from './json-schema.ts'
import type { AnswerOf, Operation } from './operation.ts'

/** Of every answer. */
const REQUEST_ID = z
  .string()
  .regex(/^[A-Za-z0-9._-]{8,64}$/)
  .meta({
    description:
      'The request’s id in the log: yours, if you sent one of 8 to 64 letters, digits, dots, hyphens and underscores.',
  })

/** What the failures of an operation have beside their codes. */
interface Manner {
  readonly headers: Readonly<Record<string, z.ZodType>>
  readonly hasBody: boolean
}

export function describeAnswers(
  method: string,
  operation: Operation,
  inputs: readonly Input[],
  components: Components,
  responses: Responses,
): Record<string, ResponseObject | { $ref: string }> {
  const answers = Object.entries(operation.answers).map(([status, answer]) => [
    status,
    responseOf(operation, answer, components),
  ])
  const manner = { headers: operation.always ?? {}, hasBody: method !== 'HEAD' }
  const failures = [...codesByStatus(operation, inputs)].map(([status, codes]) => [
    String(status),
    failure(status, [...codes], manner, components, responses),
  ])
  return Object.fromEntries([...answers, ...failures]) as Record<string, ResponseObject>
}

function responseOf(
  { always }: Operation,
  answer: AnswerOf,
  components: Components,
): ResponseObject {
  const { description, headers, content, examples } = answer
  const media = Object.entries(content ?? {}).map(([type, one]): [string, MediaObject] => {
    const schema = contentSchema(one, 'output', components)
    const example =
      examples?.[type] ?? (typeof one === 'string' ? undefined : exampleOf(schema, components))
    return [type, { schema, ...(example !== undefined && { example }) }]
  })
  return {
    description,
    headers: headersOf({ ...always, ...headers, 'X-Request-Id': REQUEST_ID }, components),
    ...(content && { content: Object.fromEntries(media) }),
  }
}

function headersOf(headers: Readonly<Record<string, z.ZodType>>, components: Components) {
  const entries = Object.entries(headers).map(([name, own]) => {
    const { description = '', examples, ...schema } = toJsonSchema(own, 'input', components)
    return [name, { description, schema, ...(examples && { example: examples[0] }) }] as const
  })
  return Object.fromEntries(entries)
}

function codesByStatus(
  { access, problems = [] }: Operation,
  inputs: readonly Input[],
): Map<number, Set<ProblemCode>> {
  const all = [
    ...(access === 'anyone' ? [] : TOKEN),
    ...(inputs.length > 0 ? (['invalid_request'] as const) : []),
    ...(inputs.some(({ target }) => target !== 'query') ? (['payload_too_large'] as const) : []),
    ...problems,
    'internal' as const,
  ]
  const found = new Map<number, Set<ProblemCode>>()
  for (const one of all) {
    const { code, status } =
      typeof one === 'string' ? { code: one, status: PROBLEMS[one].status } : one
    found.set(status, (found.get(status) ?? new Set()).add(code))
  }
  return new Map([...found].sort(([a], [b]) => a - b))
}

/** A component for each set of codes and each manner, named by them. */
function failure(
  status: number,
  codes: readonly ProblemCode[],
  manner: Manner,
  components: Components,
  responses: Responses,
): { $ref: string } {
  const sorted = codes.toSorted()
  const isOther = sorted.some((code) => PROBLEMS[code].status !== status)
  const name = [
    sorted.map(pascalCase).join('Or'),
    ...(isOther ? [status] : []),
    ...Object.keys(manner.headers).map((header) => `With${header.replaceAll('-', '')}`),
    ...(manner.hasBody ? [] : ['WithoutBody']),
  ].join('')
  if (!responses.has(name)) responses.set(name, problemResponse(status, sorted, manner, components))
  return { $ref: `#/components/responses/${name}` }
}

function problemResponse(
  status: number,
  codes: readonly ProblemCode[],
  { headers, hasBody }: Manner,
  components: Components,
): ResponseObject {
  const problem = toJsonSchema(problemSchema, 'output', components)
  const schema: JsonSchema = {
    allOf: [problem, { type: 'object', required: ['code'], properties: { code: { enum: codes } } }],
  }
  const hasWait = codes.some((code) => WAITS.has(code))
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    headers: headersOf(
      {
        ...headers,
        ...(codes.includes('range_not_satisfiable') && { 'Content-Range': WHOLE_SIZE }),
        'X-Request-Id': REQUEST_ID,
        ...(hasWait && { 'Retry-After': RETRY_AFTER }),
      },
      components,
    ),
    ...(hasBody && { content: problemContent(status, codes, schema) }),
  }
}

function problemContent(
  status: number,
  codes: readonly ProblemCode[],
  schema: JsonSchema,
): NonNullable<ResponseObject['content']> {
  const [first = 'internal'] = codes
  return {
    'application/problem+json': {
      schema,
      example: {
        type: `https://slipway.example/problems/${first}`,
        title: PROBLEMS[first].title,
        status,
        detail: PROBLEMS[first].title,
        code: first,
        request_id: '6c1f0c5d2b8e4f7a',
      },
    },
  }
}

const WAITS: ReadonlySet<ProblemCode> = new Set([
  'rate_limited',
  'upload_locked',
  'provider_unavailable',
  'internal',
])
const RETRY_AFTER = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'Seconds to wait, where it is known.' })

const WHOLE_SIZE = z
  .string()
  .optional()
  .meta({
    description: 'The size of the content, where the vendor tells it.',
    examples: ['bytes */52431'],
  })

const pascalCase = (code: string) =>
  code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
