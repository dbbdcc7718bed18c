// Reads the query and the JSON of a Graph request, and refuses every option and property that Graph does not know.
import type { Context } from 'hono'
import { GraphError, invalidRequest } from './graph-errors.ts'

const ITEM_PROPERTIES = [
  'id',
  'name',
  'size',
  'file',
  'folder',
  'package',
  'remoteItem',
  'root',
  'deleted',
  'shared',
  'specialFolder',
  'malware',
  'parentReference',
  'fileSystemInfo',
  'eTag',
  'cTag',
  'createdBy',
  'createdDateTime',
  'lastModifiedBy',
  'lastModifiedDateTime',
  'webUrl',
  '@microsoft.graph.downloadUrl',
]
const ITEM_ORDER = /^(name|size|lastModifiedDateTime)(?: (asc|desc))?$/
/** What Graph serves at most, whatever is asked for. */
const MOST = 1000

export interface Options {
  readonly select: readonly string[] | undefined
  readonly top: number
  readonly order: {
    readonly by: 'name' | 'size' | 'lastModifiedDateTime' | 'createdDateTime'
    readonly down: boolean
  }
  readonly expand: boolean
  readonly skipToken: string | undefined
}

type OptionName = '$select' | '$top' | '$orderby' | '$expand' | '$skiptoken' | '$filter' | 'search'

/** Throws 400 for an option that is not among `allowed`, one that is given twice, and for what it cannot read. */
export function readOptions(
  c: Context,
  allowed: readonly OptionName[],
  properties: readonly string[] = ITEM_PROPERTIES,
  orders: RegExp = ITEM_ORDER,
): Options {
  const query = new URL(c.req.url).searchParams
  checkNames(query, allowed)
  const select = query.get('$select')?.split(',')
  const unknown = select?.find((name) => !properties.includes(name))
  if (unknown !== undefined) {
    throw new GraphError(400, 'BadRequest', `Parsing OData Select and Expand failed: ${unknown}`)
  }
  const top = query.get('$top') ?? '200'
  if (!/^\d+$/.test(top) || Number(top) < 1) throw invalidRequest(`$top cannot be ${top}`)
  const orderBy = query.get('$orderby')
  const order = orderBy === null ? ['name', 'name'] : orders.exec(orderBy)
  if (order === null) throw invalidRequest('The $orderby is not supported')
  const expand = query.get('$expand')
  if (expand !== null && expand !== 'children') {
    throw new GraphError(400, 'BadRequest', `Could not find a property named ${expand}`)
  }
  return {
    select,
    top: Math.min(Number(top), MOST),
    order: { by: order[1] as Options['order']['by'], down: order[2] === 'desc' },
    expand: expand !== null,
    skipToken: query.get('$skiptoken') ?? undefined,
  }
}

/** Throws 400 for a parameter that is not among these. Names of options have one spelling here. */
export function checkNames(query: URLSearchParams, allowed: readonly string[]): void {
  for (const name of new Set(query.keys())) {
    if (!allowed.includes(name) || query.getAll(name).length > 1) {
      throw new GraphError(
        400,
        'BadRequest',
        `The query specified in the URI is not valid: ${name}`,
      )
    }
  }
}

/** A JSON object of known properties. `emptyToo`: no body at all is an empty object. */
export async function readBody(
  c: Context,
  known: readonly string[],
  emptyToo = false,
): Promise<Record<string, unknown>> {
  const text = await c.req.text()
  if (emptyToo && text === '') return {}
  if (!(c.req.header('content-type') ?? '').startsWith('application/json')) {
    throw new GraphError(400, 'BadRequest', 'The payload must be JSON')
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new GraphError(400, 'BadRequest', 'Unable to read JSON request payload')
  }
  return readObject(body, known)
}

/** Throws 400 for anything but an object of these properties. */
export function readObject(value: unknown, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GraphError(400, 'BadRequest', 'Unable to read JSON request payload')
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalidRequest(`Unknown property ${unknown}`)
  return value as Record<string, unknown>
}

/** A client's own time of an item; undefined when none was given. */
export function readClientTime(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const info = readObject(value, ['createdDateTime', 'lastModifiedDateTime', '@odata.type'])
  const time = info['lastModifiedDateTime']
  if (time === undefined) return undefined
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) {
    throw invalidRequest('lastModifiedDateTime', 'invalidParameterFormat')
  }
  return new Date(time).toISOString()
}
