// zod to JSON Schema 2020-12, as OpenAPI 3.1 has it: schemas with an id become components, and what zod says twice is said once.
import { z } from 'zod'
import type { Content } from './operation.ts'

export interface JsonSchema {
  readonly [key: string]: unknown
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly default?: unknown
}

/** The components that were met so far. */
export type Components = Map<string, JsonSchema>

/** `input`: as a client sends it. `output`: as it is answered; clients must bear members that are new to them. */
export function toJsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Components,
): JsonSchema {
  // As a member, so that a schema with an id is a reference here too.
  const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema, zodSchema }) => {
      if (io === 'output' && zodSchema._zod.def.type === 'object') {
        delete jsonSchema.additionalProperties
      }
    },
  })
  for (const [id, definition] of Object.entries($defs)) {
    const tidied = tidy(definition as JsonSchema)
    const known = components.get(id)
    if (known === undefined) components.set(id, tidied)
    else if (JSON.stringify(known) !== JSON.stringify(tidied)) {
      throw new Error(`two schemas are called ${id}`)
    }
  }
  return tidy((properties?.['it'] ?? {}) as JsonSchema)
}

export const contentSchema = (
  content: Content,
  io: 'input' | 'output',
  components: Components,
): JsonSchema =>
  typeof content === 'string'
    ? { type: 'string', ...(content === 'bytes' && { format: 'binary' }) }
    : toJsonSchema(content, io, components)

/** zod's bounds of what JavaScript counts exactly. */
const BOUNDS = new Set<unknown>([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
/** Members whose own members are named by the API. */
const NAMED = new Set(['properties', '$defs'])

function tidy(value: JsonSchema): JsonSchema {
  const { id: _, ...schema } = value
  const entries = Object.entries(schema)
    .filter(([key, own]) => !(/^(?:max|min)imum$/.test(key) && BOUNDS.has(own)))
    .map(([key, own]) => [key, tidyMember(key, own)] as const)
  return withNull(Object.fromEntries(entries))
}

function tidyMember(key: string, value: unknown): unknown {
  if (key === '$ref') return String(value).replace('#/$defs/', '#/components/schemas/')
  if (key === 'examples' || key === 'enum' || key === 'default' || key === 'const') return value
  if (Array.isArray(value)) return value.map((one: unknown) => tidyMember('', one))
  if (typeof value !== 'object' || value === null) return value
  if (!NAMED.has(key)) return tidy(value as JsonSchema)
  return Object.fromEntries(
    Object.entries(value).map(([name, own]) => [name, tidy(own as JsonSchema)]),
  )
}

/** `anyOf` something simple or null is a type of two names. */
function withNull(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema
  const [one, nothing] = anyOf ?? []
  if (anyOf?.length !== 2 || nothing?.type !== 'null' || typeof one?.type !== 'string')
    return schema
  return {
    ...one,
    ...rest,
    type: [one.type, 'null'],
    ...(one.enum && { enum: [...one.enum, null] }),
  }
}
