// Examples of whole bodies, put together from those of their members: so they cannot fall out of step with the schemas.
import type { Components, JsonSchema } from './json-schema.ts'

export function exampleOf(schema: JsonSchema, components: Components): unknown {
  if (schema.$ref !== undefined) {
    const found = components.get(schema.$ref.replace('#/components/schemas/', ''))
    return found === undefined ? null : exampleOf(found, components)
  }
  if (schema.examples !== undefined) return schema.examples[0]
  if (schema['const'] !== undefined) return schema['const']
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.default !== undefined) return schema.default
  const [first] = schema.anyOf ?? schema.oneOf ?? []
  if (first !== undefined) return exampleOf(first, components)
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0]
  if (type === 'array') return [exampleOf(schema.items ?? {}, components)]
  if (type === 'object') return exampleOfMembers(schema, components)
  if (type === 'integer' || type === 'number') return schema['minimum'] ?? 0
  if (type === 'boolean') return false
  return type === 'string' ? 'text' : null
}

function exampleOfMembers({ properties = {} }: JsonSchema, components: Components) {
  return Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, exampleOf(member, components)]),
  )
}
