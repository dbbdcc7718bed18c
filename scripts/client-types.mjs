// `npm run types:client`: writes the types of src/api-views.ts out in full, so that the client's need nothing of the Worker's. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import ts from 'typescript'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const source = path('src/api-views.ts')
const target = path('src/client/views.ts')

const { config } = ts.readConfigFile(path('tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, path('.'))
const program = ts.createProgram([source, path('src/ui/text-modules.d.ts')], options)
const checker = program.getTypeChecker()
const file = program.getSourceFile(source)

const exported = file.statements.filter(
  (node) =>
    (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) &&
    node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
)
/** A type that has a name of its own is called by it wherever it stands. */
const names = new Map(
  exported.map((node) => [identify(checker.getTypeAtLocation(node.name)), node.name.text]),
)

const text = await format(
  [
    '// What the API answers. Written by `npm run types:client` from the views of the Worker: not to be edited.',
    ...exported.map(
      (node) =>
        `${commentOf(checker.getSymbolAtLocation(node.name))}export type ${node.name.text} = ${writeTop(checker.getTypeAtLocation(node.name))}`,
    ),
  ].join('\n\n'),
  { ...(await resolveConfig(target)), parser: 'typescript' },
)

if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text) {
  console.error('src/client/views.ts is not what the API answers: run `npm run types:client`.')
  process.exit(1)
}

/** What a name stands for: not the name itself. */
function writeTop(type) {
  const own = names.get(identify(type))
  names.delete(identify(type))
  const written = write(type)
  names.set(identify(type), own)
  return written
}

/** The compiler has several types for one list of words, by where they come from. */
function identify(type) {
  const isWords = type.isUnion() && type.types.every((one) => one.isStringLiteral())
  return isWords
    ? type.types
        .map(({ value }) => value)
        .sort()
        .join(' ')
    : type
}

function write(type) {
  if (type.isUnion()) return writeUnion(type)
  if (type.isStringLiteral()) return JSON.stringify(type.value)
  if (type.isNumberLiteral()) return String(type.value)
  if (checker.isArrayType(type))
    return `readonly ${writeElement(checker.getTypeArguments(type)[0])}[]`
  const simple = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never
  if (type.flags & simple) throw new Error(`${checker.typeToString(type)} says nothing`)
  if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return writeObject(type)
  return checker.typeToString(type)
}

/** A part of another type: by its name, where it has one. */
function refer(type) {
  return names.get(identify(type)) ?? write(type)
}

function writeElement(type) {
  const written = refer(type)
  return type.isUnion() && !names.has(identify(type)) ? `(${written})` : written
}

/** In an order of its own: the compiler's depends on what it has seen before. */
function writeUnion(type) {
  const { types } = type
  const name = names.get(identify(checker.getNonNullableType(type)))
  if (name !== undefined) return types.some(isNull) ? `${name} | null` : name
  const isBoolean = types.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral).length === 2
  const rest = types.filter(
    ({ flags }) =>
      !(flags & ts.TypeFlags.Undefined) && !(isBoolean && flags & ts.TypeFlags.BooleanLiteral),
  )
  const parts = [...(isBoolean ? ['boolean'] : []), ...rest.map(refer)]
  const rank = (part) => (part === 'null' ? 1 : 0)
  return [...new Set(parts)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).join(' | ')
}

function isNull({ flags }) {
  return Boolean(flags & ts.TypeFlags.Null)
}

function writeObject(type) {
  const index = checker.getIndexInfosOfType(type)
  if (index.length > 0) {
    return `Readonly<Record<${write(index[0].keyType)}, ${refer(index[0].type)}>>`
  }
  const members = checker.getPropertiesOfType(type).map((property) => {
    const own = checker.getTypeOfSymbol(property)
    // JSON leaves out what is undefined.
    const isOptional =
      Boolean(property.flags & ts.SymbolFlags.Optional) ||
      (own.isUnion() && own.types.some(({ flags }) => flags & ts.TypeFlags.Undefined))
    return `${commentOf(property)}readonly ${property.name}${isOptional ? '?' : ''}: ${refer(own)}`
  })
  return `{\n${members.join('\n')}\n}`
}

function commentOf(symbol) {
  const comment =
    ts.displayPartsToString(symbol?.getDocumentationComment(checker) ?? []) ||
    descriptionOf(symbol?.declarations?.[0])
  return comment === '' ? '' : `/** ${comment.replace(/\s*\n\s*/g, ' ')} */\n`
}

/** What a schema says of a member: `text('Its name.', …)`, or `….meta({ description: 'Its name.' })`. */
function descriptionOf(declaration) {
  const isMember = declaration !== undefined && ts.isPropertyAssignment(declaration)
  let node = isMember ? declaration.initializer : undefined
  while (node !== undefined && ts.isCallExpression(node)) {
    const [first, second] = node.arguments
    const described =
      first !== undefined && ts.isObjectLiteralExpression(first)
        ? first.properties.find((one) => one.name?.getText() === 'description')?.initializer
        : [first, second].find((one) => one !== undefined && ts.isStringLiteralLike(one))
    if (described !== undefined && ts.isStringLiteralLike(described)) return described.text
    node = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : undefined
  }
  return ''
}
