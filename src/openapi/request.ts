// What a client sends with an operation: parameters in path, query and headers, and the body.
import type { z } from 'zod'
import type { Input } from '../problems/validate.ts'
import type { MediaObject, ParameterObject, RequestBodyObject } from './document.ts'
import { contentSchema, toJsonSchema, type Components, type JsonSchema } from './json-schema.ts'
import type { Operation } from './operation.ts'

const MEDIA = { json: 'application/json', form: 'application/x-www-form-urlencoded' }

/** Throws where a member is described that there is not, or one is not described: that is a mistake in our own words. */
export function describeRequest(
  route: string,
  operation: Operation,
  inputs: readonly Input[],
  components: Components,
): { parameters?: ParameterObject[]; requestBody?: RequestBodyObject } {
  const described = new Set<string>()
  const explain = (schema: JsonSchema): JsonSchema =>
    withFields(route, operation, schema, described)
  const query = inputs.find(({ target }) => target === 'query')
  const parameters = [
    ...Object.entries(operation.params ?? {}).map(([name, schema]) =>
      parameter('path', name, schema, components),
    ),
    ...(query === undefined
      ? []
      : queryParameters(explain(toJsonSchema(query.schema, 'input', components)), operation)),
    ...Object.entries(operation.query ?? {}).map(([name, schema]) =>
      parameter('query', name, schema, components),
    ),
    ...Object.entries(operation.headers ?? {}).map(([name, schema]) =>
      parameter('header', name, schema, components),
    ),
  ]
  const requestBody = bodyOf(operation, inputs, components, explain)
  for (const name of Object.keys(operation.fields ?? {})) {
    if (!described.has(name)) throw new Error(`${route} has no member ${name}`)
  }
  return {
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
  }
}

function parameter(
  place: ParameterObject['in'],
  name: string,
  schema: z.ZodType,
  components: Components,
): ParameterObject {
  const { description = '', examples, ...rest } = toJsonSchema(schema, 'input', components)
  return {
    name,
    in: place,
    required: place === 'path' || !schema.safeParse(undefined).success,
    description,
    schema: rest,
    ...(examples && { example: examples[0] }),
  }
}

function queryParameters(
  { properties = {}, required = [] }: JsonSchema,
  { send = {} }: Operation,
): ParameterObject[] {
  return Object.entries(properties).map(([name, { description = '', ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description,
    schema,
    ...(Object.hasOwn(send, name) && { example: send[name] }),
  }))
}

function bodyOf(
  { body, send }: Operation,
  inputs: readonly Input[],
  components: Components,
  explain: (schema: JsonSchema) => JsonSchema,
): RequestBodyObject | undefined {
  const example = send && { example: send }
  const checked = inputs.find(({ target }) => target !== 'query')
  if (checked !== undefined) {
    const type = checked.target === 'form' ? MEDIA.form : MEDIA.json
    const schema = explain(toJsonSchema(checked.schema, 'input', components))
    return { required: true, content: { [type]: { schema, ...example } } }
  }
  if (body === undefined) return undefined
  const content = Object.entries(body.content).map(([type, one]): [string, MediaObject] => {
    const schema = contentSchema(one, 'input', components)
    if (typeof one === 'string') return [type, { schema }]
    return [type, { schema: explain(schema), ...(type === MEDIA.json && example) }]
  })
  return {
    ...(body.description !== undefined && { description: body.description }),
    required: body.isOptional !== true,
    content: Object.fromEntries(content),
  }
}

/** The schema of an object with what the operation says of each member. */
function withFields(
  route: string,
  { fields = {} }: Operation,
  schema: JsonSchema,
  described: Set<string>,
): JsonSchema {
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    described.add(name)
    const description = fields[name] ?? member.description
    if (description === undefined) throw new Error(`${route} does not say what ${name} is`)
    return [name, { ...member, description }]
  })
  return { ...schema, properties: Object.fromEntries(members) as Record<string, JsonSchema> }
}
