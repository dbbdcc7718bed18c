// Schemas as HTML: types with links to those that have a name, and members with what they mean.
import type { Child } from 'hono/jsx'
import type { JsonSchema } from '../json-schema.ts'
import { inline } from './words.tsx'

const NAME = '#/components/schemas/'

/** The type in a few words. */
export function Type({ schema }: { readonly schema: JsonSchema }) {
  return <span class="type">{typeOf(schema)}</span>
}

function typeOf(schema: JsonSchema): Child {
  const { $ref, anyOf, oneOf, items, enum: values } = schema
  if ($ref !== undefined) {
    const name = $ref.replace(NAME, '')
    return <a href={`#schema-${name}`}>{name}</a>
  }
  const choices = anyOf ?? oneOf
  if (choices !== undefined) return joined(choices.map((one) => typeOf(one)))
  if (values !== undefined) {
    return joined(values.map((value) => (value === null ? 'null' : <code>{String(value)}</code>)))
  }
  if (items !== undefined) return <>array of {typeOf(items)}</>
  const names = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['anything'])
  return `${names.join(' or ')}${boundsOf(schema)}`
}

const joined = (parts: readonly Child[]): Child => (
  <>{parts.flatMap((part, index) => (index === 0 ? [part] : [' or ', part]))}</>
)

/** What the value has to keep to, beyond its type. */
function boundsOf(schema: JsonSchema): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, format } = schema as Readonly<
    Record<string, unknown>
  >
  const said = [
    format,
    rangeOf(minimum, maximum, ''),
    rangeOf(minLength, maxLength, ' characters'),
    rangeOf(minItems, maxItems, ' entries'),
    ...('default' in schema ? [`${JSON.stringify(schema.default)} unless told`] : []),
  ].filter((one) => one !== undefined)
  return said.length === 0 ? '' : `, ${said.join(', ')}`
}

function rangeOf(least: unknown, most: unknown, of: string): string | undefined {
  if (most !== undefined) return `${String(least ?? 0)} to ${String(most)}${of}`
  return least === undefined || least === 0 ? undefined : `at least ${String(least)}${of}`
}

interface Row {
  readonly name: string
  /** Where it stands, or whether it must be there. */
  readonly note?: string | undefined
  readonly schema: JsonSchema
  readonly description?: string | undefined
}

/** Names with their types and meanings. */
export function Rows({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <dl class="members">
      {rows.map(({ name, note, schema, description }) => (
        <div>
          <dt>
            <code>{name}</code> {note !== undefined && <span class="muted small">{note}</span>}
          </dt>
          <dd>
            <Type schema={schema} />
            {description !== undefined && <p>{inline(description)}</p>}
            <Inner schema={schema} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** The members of an object; nothing for anything else. */
export function Members({
  schema,
  isSent = false,
}: {
  readonly schema: JsonSchema
  /** As a client sends it: then it says what has to be there, else what may be missing. */
  readonly isSent?: boolean
}) {
  const { properties, required = [] } = schema
  if (properties === undefined) return null
  const rows = Object.entries(properties).map(([name, member]) => {
    const note =
      isSent === required.includes(name) ? (isSent ? 'required' : 'may be missing') : undefined
    return { name, note, schema: member, description: member.description }
  })
  return <Rows rows={rows} />
}

/** Members of what has no name of its own. */
function Inner({ schema }: { readonly schema: JsonSchema }) {
  const inner = schema.items ?? schema
  return inner.properties === undefined ? null : <Members schema={inner} />
}
