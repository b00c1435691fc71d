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
    const read = `globalThis.process.getBuiltinModule("${name}");\n`
    if (whole !== undefined) reads.push(`const ${whole.replace('* as ', '')} = ${read}`)
    if (names !== undefined) reads.push(`const ${names.replaceAll(/([\w$]+) as /g, '$1: ')} = ${read}`)
    return ''
  })
  return reads.join('') + rest
}

const statement = /^import (?:((?:\* as )?[\w$]+)(?:, )?)?(\{[^}"]*\})? from "([\w:/]+)";\n/gm
