import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Class, type Comment, type Node, type ParamPattern, type Program, parseSync, Visitor } from 'oxc-parser'

/** What the documentation shows of one symbol of the library. */
export interface ApiSymbol {
  readonly name: string
  readonly kind: 'function' | 'class' | 'type'
  /** The text of its doc comment. */
  readonly about: string
  /** Its declaration without bodies, as TypeScript. */
  readonly code: string
  /** Names of types in the declaration, each once. */
  readonly uses: readonly string[]
}

interface SourceFile {
  readonly path: string
  readonly code: string
  readonly program: Program
  readonly comments: readonly Comment[]
}

type Declaration = NonNullable<Extract<Node, { type: 'ExportNamedDeclaration' }>['declaration']>

/** The doc comment at the top of a file. Errors: there is none. */
export function aboutFile(path: string): string {
  const { comments } = readSource(path)
  const [first] = comments
  if (first === undefined || !first.value.startsWith('*')) throw new Error(`${path} does not begin with a doc comment`)
  return commentText(first.value)
}

/** Every symbol that a file exports from others, in its order. Errors: one without a doc comment, or that is not there. */
export function readApi(path: string): ApiSymbol[] {
  return readSource(path).program.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration' || node.source === null) return []
    const file = readSource(join(dirname(path), node.source.value))
    return node.specifiers.map(({ local }) => describe(file, local.type === 'Literal' ? local.value : local.name))
  })
}

function readSource(path: string): SourceFile {
  const code = readFileSync(path, 'utf8')
  return { path, code, ...parse(path, code) }
}

function parse(path: string, code: string): Pick<SourceFile, 'program' | 'comments'> {
  const { program, comments, errors } = parseSync(path, code)
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  return { program, comments }
}

function describe(file: SourceFile, name: string): ApiSymbol {
  for (const node of file.program.body) {
    if (node.type !== 'ExportNamedDeclaration' || node.declaration === null) continue
    const { declaration } = node
    if (!('id' in declaration) || declaration.id === null || !('name' in declaration.id)) continue
    if (declaration.id.name !== name) continue
    const code = codeOf(file, declaration)
    return { name, kind: kindOf(declaration), about: commentBefore(file, node, name), code, uses: typesIn(code) }
  }
  throw new Error(`${file.path} does not declare ${name}`)
}

function kindOf({ type }: Declaration): ApiSymbol['kind'] {
  if (type === 'FunctionDeclaration') return 'function'
  return type === 'ClassDeclaration' ? 'class' : 'type'
}

function codeOf(file: SourceFile, declaration: Declaration): string {
  const slice = ({ start, end }: { start: number; end: number }): string => file.code.slice(start, end)
  if (declaration.type === 'ClassDeclaration') return classCode(file, declaration)
  if (declaration.type !== 'FunctionDeclaration') return slice(declaration)
  const { id, typeParameters, params, returnType } = declaration
  if (id === null || returnType === null || returnType === undefined)
    throw new Error(`${file.path}: a function without a return type`)
  const head = `function ${id.name}${typeParameters ? slice(typeParameters) : ''}`
  return `${head}(${params.map((one) => parameterCode(file, one)).join(', ')})${slice(returnType)}`
}

/** How the options are taken apart is no business of the caller: `{ a, b }: Options` is shown as `options: Options`. */
function parameterCode(file: SourceFile, parameter: ParamPattern): string {
  const [pattern, isOptional] =
    parameter.type === 'AssignmentPattern' ? ([parameter.left, true] as const) : ([parameter, false] as const)
  const type = 'typeAnnotation' in pattern ? pattern.typeAnnotation : null
  if (type === null || type === undefined) throw new Error(`${file.path}: a parameter without a type`)
  const text = file.code.slice(type.start, type.end)
  if (pattern.type === 'ObjectPattern') return `options${isOptional ? '?' : ''}${text}`
  const written = file.code.slice(pattern.start, type.start)
  return `${written}${isOptional && !written.endsWith('?') ? '?' : ''}${text}`
}

function classCode(file: SourceFile, { id, superClass, body }: Class): string {
  const base = superClass === null ? '' : ` extends ${file.code.slice(superClass.start, superClass.end)}`
  const members = body.body.flatMap((member) => {
    if ('key' in member && member.key.type === 'PrivateIdentifier') return []
    const comment = docBefore(file, member.start)
    const about = comment === undefined ? [] : [`  ${file.code.slice(comment.start, comment.end)}`]
    return [...about, `  ${memberCode(file, member).replace(/^override /, '')}`]
  })
  return `class ${id?.name ?? ''}${base} {\n${members.join('\n')}\n}`
}

function memberCode({ code }: SourceFile, member: Class['body']['body'][number]): string {
  if (member.type === 'PropertyDefinition' && member.value !== null && member.typeAnnotation === null)
    return `${code.slice(member.start, member.value.start).replace(/ = $/, '')}: ${code.slice(member.value.start, member.end)}`
  const end = member.type === 'MethodDefinition' ? (member.value.body?.start ?? member.end) : member.end
  return code.slice(member.start, end).trimEnd()
}

function commentBefore(file: SourceFile, { start }: Node, name: string): string {
  const comment = docBefore(file, start)
  if (comment === undefined) throw new Error(`${file.path}: ${name} has no doc comment`)
  return commentText(comment.value)
}

function docBefore({ comments, code }: SourceFile, start: number): Comment | undefined {
  return comments.find(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && /^\s*$/.test(code.slice(end, start)) && end <= start,
  )
}

/** The text between the marks, without the stars at the starts of lines. */
function commentText(value: string): string {
  const lines = value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  return lines
    .join('\n')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .trim()
}

/** Names of types that a declaration refers to, those of its own type parameters left out. */
function typesIn(code: string): readonly string[] {
  const names = new Set<string>()
  const own = new Set<string>()
  const { program } = parse('declaration.ts', `declare ${code}`)
  new Visitor({
    TSTypeReference: ({ typeName }) => void (typeName.type === 'Identifier' && names.add(typeName.name)),
    TSInterfaceHeritage: ({ expression }) => void (expression.type === 'Identifier' && names.add(expression.name)),
    TSTypeParameter: ({ name }) => void own.add(name.name),
  }).visit(program)
  return [...names].filter((name) => !own.has(name))
}
