import { isBuiltin } from 'node:module'

/**
 * Rewrites the imports of Node's own modules in a bundled ES module into `process.getBuiltinModule()` calls at its top.
 * An `import` of a built-in module makes Node read every export of it, getters included: 1 to 2 ms for each of the large
 * ones at every start. The text is esbuild's output, where import statements stand at the start of a line.
 */
export function readBuiltinsDirectly(code: string): string {
  const reads: string[] = []
  const rest = code.replaceAll(statement, (line: string, ...groups: string[]) => {
    const [whole, names, name = ''] = groups
    if (!isBuiltin(name)) return line
    if (late.has(name) && whole === undefined) return lateReads(name, names ?? '', reads)
    const read = `globalThis.process.getBuiltinModule("${name}");\n`
    if (whole !== undefined) reads.push(`const ${whole.replace('* as ', '')} = ${read}`)
    if (names !== undefined) reads.push(`const ${names.replaceAll(/([\w$]+) as /g, '$1: ')} = ${read}`)
    return ''
  })
  return reads.join('') + rest
}

/**
 * Modules that a build which finds all in its cache does not use, or one that speaks plain HTTP: each takes 1 to 5 ms to load,
 * so each name of theirs asks for the module when it is first called, constructed or looked into.
 */
const late: ReadonlySet<string> = new Set([
  'node:fs/promises',
  'node:stream/consumers',
  'node:tls',
  'node:v8',
  'node:worker_threads',
  'node:zlib',
])

function lateReads(module: string, names: string, reads: string[]): string {
  for (const [, name = '', local = name] of names.matchAll(/([\w$]+)(?: as ([\w$]+))?/g)) {
    const value = `globalThis.process.getBuiltinModule("${module}").${name}`
    if (!canBeLate(module, name)) {
      reads.push(`const ${local} = ${value};\n`)
      continue
    }
    const traps = [
      `get: (_, key) => ${value}[key]`,
      `apply: (_, self, args) => ${value}(...args)`,
      `construct: (_, args) => new (${value})(...args)`,
    ]
    reads.push(`const ${local} = new Proxy(function () {}, { ${traps.join(', ')} });\n`)
  }
  return ''
}

/**
 * Functions and tables of constants. What is a value of the thread that asks, such as its `parentPort`, is nothing here: as
 * something read late its methods would be called on what stands for it, and it would never be null.
 */
function canBeLate(module: string, name: string): boolean {
  const exported: unknown = Object.getOwnPropertyDescriptor(process.getBuiltinModule(module) ?? {}, name)?.value
  return typeof exported === 'function' || (typeof exported === 'object' && exported !== null)
}

const statement = /^import (?:((?:\* as )?[\w$]+)(?:, )?)?(\{[^}"]*\})? from "([\w:/]+)";\n/gm
