import { type Argument, type Expression, type Node, parseSync, Visitor } from 'oxc-parser'

/** How one file names another, or a package: `type` imports vanish when it runs, `dynamic` ones load when needed. */
export type ImportKind = 'static' | 'type' | 'dynamic' | 'url'

export interface Import {
  /** As written; '' when it is computed, so that nobody can tell. */
  readonly target: string
  readonly kind: ImportKind
  readonly line: number
}

/** What the import table asks about one source file. */
export interface Source {
  readonly path: string
  readonly imports: readonly Import[]
  /** Uses of `process` and `console`, with the member: `process.env`. */
  readonly globals: readonly { readonly name: string; readonly line: number }[]
}

/** Reads every import of a TypeScript file: static, type-only, `import()`, `new URL(x, import.meta.url)`, `workerUrl()`. */
export function readSource(path: string, code: string): Source {
  const { program, errors } = parseSync(path, code)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const imports: Import[] = []
  const globals: Source['globals'][number][] = []
  const lineOf = (node: { start: number }): number => code.slice(0, node.start).split('\n').length
  const add = (node: Node, kind: ImportKind, target: string): void =>
    void imports.push({ target, kind, line: lineOf(node) })
  visitImports(add).visit(program)
  visitGlobals((node, name) => void globals.push({ name, line: lineOf(node) })).visit(program)
  return { path, imports, globals }
}

function visitImports(add: (node: Node, kind: ImportKind, target: string) => void): Visitor {
  return new Visitor({
    ImportDeclaration(node) {
      const types = node.specifiers.filter((one) => one.type === 'ImportSpecifier' && one.importKind === 'type')
      const all = node.specifiers.length > 0 && types.length === node.specifiers.length
      add(node, node.importKind === 'type' || all ? 'type' : 'static', node.source.value)
    },
    ExportNamedDeclaration(node) {
      const types = node.specifiers.filter((one) => one.exportKind === 'type')
      const all = node.specifiers.length > 0 && types.length === node.specifiers.length
      if (node.source !== null) add(node, node.exportKind === 'type' || all ? 'type' : 'static', node.source.value)
    },
    ExportAllDeclaration: (node) => add(node, node.exportKind === 'type' ? 'type' : 'static', node.source.value),
    ImportExpression: (node) => add(node, 'dynamic', literal(node.source)),
    TSImportType: (node) => add(node, 'type', node.source.value),
    NewExpression(node) {
      const [target, base] = node.arguments
      if (isNamed(node.callee, 'URL') && isImportMeta(base)) add(node, 'url', literal(target))
    },
    CallExpression(node) {
      const [target, base] = node.arguments
      if (isNamed(node.callee, 'workerUrl') && isImportMeta(base)) add(node, 'url', literal(target))
      if (isNamed(node.callee, 'require')) add(node, 'static', literal(target))
      if (node.callee.type === 'MemberExpression' && node.callee.object.type === 'MetaProperty')
        add(node, 'url', literal(target))
    },
  })
}

/** Every identifier `process` or `console`; a member of `globalThis` counts, a property or type of that name does not. */
function visitGlobals(add: (node: Node, name: string) => void): Visitor {
  return new Visitor({
    MemberExpression(node) {
      const name = globalName(node.object)
      if (name === undefined) return
      const member = node.property.type === 'Identifier' && !node.computed ? node.property.name : literal(node.property)
      add(node, `${name}.${member}`)
    },
    VariableDeclarator(node) {
      if (node.init === null || node.id.type !== 'ObjectPattern') return
      const name = globalName(node.init)
      if (name === undefined) return
      for (const { key } of node.id.properties.flatMap((one) => (one.type === 'Property' ? [one] : []))) {
        add(node, `${name}.${key.type === 'Identifier' ? key.name : ''}`)
      }
    },
  })
}

function globalName(node: Expression): string | undefined {
  const name =
    node.type === 'Identifier'
      ? node.name
      : node.type === 'MemberExpression' && isNamed(node.object, 'globalThis') && node.property.type === 'Identifier'
        ? node.property.name
        : undefined
  return name === 'process' || name === 'console' ? name : undefined
}

function literal(node: Node | undefined): string {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : ''
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}

function isImportMeta(node: Argument | undefined): boolean {
  return node?.type === 'MemberExpression' && node.object.type === 'MetaProperty'
}
