// Holds every JSON answer that a test gets against the API's own document: status, type, members and codes have to be in it.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

type Json = Readonly<Record<string, unknown>>
interface Answered {
  readonly $ref?: string
  readonly content?: Json
}
interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, Answered>>
}
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly responses: Readonly<Record<string, Answered>> }
}

/** Throws where an answer is not as the document says. Only JSON is read; what is streamed goes by untouched. */
export type Check = (method: string, path: string, answer: Response) => Promise<void>

/** @param get the document; asked for once, with the first answer */
export function checkAnswers(get: () => Promise<Description | undefined>): Check {
  let made: Promise<Checker | undefined> | undefined
  return async (method, path, answer) => {
    made ??= get().then((description) => description && new Checker(description))
    await (await made)?.check(method, path, answer)
  }
}

const NO_ROUTE = 'There is no such route.'
const ID = 'https://api.test/'

class Checker {
  private readonly routes: {
    readonly pattern: RegExp
    readonly path: string
    readonly operations: Readonly<Record<string, Operation>>
  }[]
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true })
  private readonly compiled = new Map<string, ValidateFunction>()

  constructor(private readonly description: Description) {
    // As the router has it: a path that is written out goes before one with a parameter.
    this.routes = Object.entries(description.paths)
      .toSorted(([a], [b]) => a.split('{').length - b.split('{').length)
      .map(([path, operations]) => ({
        path,
        operations,
        pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
      }))
    formats.default(this.ajv)
    // What is served has no members but those that are named, though clients are told to bear others.
    this.ajv.addSchema(closed(description), ID)
  }

  async check(method: string, path: string, answer: Response): Promise<void> {
    const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
    const isJson = /^application\/(?:problem\+)?json$/.test(type) && method !== 'HEAD'
    const text = isJson ? await readWhole(answer.clone()) : ''
    // An answer that came before its request had ended may be cut off: there is nothing to hold against the document.
    if (text === undefined) return
    const body: unknown = isJson ? JSON.parse(text) : undefined
    const place = `${method} ${path} → ${answer.status} ${isJson ? JSON.stringify(body) : type}`
    const found = this.find(method, path)
    if (found === undefined) {
      const { detail } = (body ?? {}) as { detail?: string }
      if (detail === NO_ROUTE || (answer.status === 404 && method === 'HEAD')) return
      throw new Error(`${place}: no operation of the document`)
    }
    const own = found.operation.responses[answer.status]
    if (own === undefined) throw new Error(`${place}: no such answer in the document`)
    const at = own.$ref ?? `${found.pointer}/responses/${answer.status}`
    const { content = {} } = this.description.components.responses[nameOf(own)] ?? own
    if (method === 'HEAD' || answer.status === 304) return
    if (content[type] === undefined && content['*/*'] === undefined) {
      if (type === '' && Object.keys(content).length === 0) return
      throw new Error(`${place}: no such type in the document`)
    }
    if (!isJson) return
    const validate = this.compile(`${ID}${at}/content/${escaped(type)}/schema`)
    if (validate(body)) return
    const errors = validate.errors?.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
    throw new Error(`${place}\n${errors?.join('\n')}`)
  }

  private find(method: string, path: string) {
    const plain = path.replace(/[?#].*$/, '')
    const name = method.toLowerCase()
    for (const { pattern, path: own, operations } of this.routes) {
      if (!pattern.test(plain)) continue
      // HEAD is served wherever GET is.
      const found = name === 'head' && operations[name] === undefined ? 'get' : name
      const operation = operations[found]
      if (operation) return { operation, pointer: `#/paths/${escaped(own)}/${found}` }
    }
    return undefined
  }

  private compile(pointer: string): ValidateFunction {
    const known = this.compiled.get(pointer)
    if (known !== undefined) return known
    const validate = this.ajv.compile({ $ref: pointer })
    this.compiled.set(pointer, validate)
    return validate
  }
}

/** Undefined where the connection ended before the text did. */
const readWhole = (answer: Response) => answer.text().catch(() => undefined)

const nameOf = ({ $ref = '' }: Answered) => $ref.split('/').at(-1) ?? ''

/** A member's name in a JSON pointer in a URL. */
const escaped = (name: string) => encodeURIComponent(name.replaceAll('/', '~1'))

/** A copy in which objects have no members but those that are named. */
function closed<T>(value: T): T {
  if (Array.isArray(value)) return value.map((one: unknown) => closed(one)) as T
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, own]) => [key, EXAMPLES.has(key) ? own : closed(own)]),
  )
  const { properties, required, additionalProperties } = copy
  const isOpen = properties && required && additionalProperties === undefined
  // A problem's codes stand beside its schema, which is closed itself.
  const isWhole = isOpen && Object.keys(properties).join() !== 'code'
  return (isWhole ? { ...copy, additionalProperties: false } : copy) as T
}

const EXAMPLES = new Set(['examples', 'example', 'enum'])
