import { createHash } from 'node:crypto'

/**
 * Turns a bundled ES module into a script, because V8 keeps compiled code with all functions that have run only for scripts:
 * an expression that is a function of `$load` (gives the exports of a neighbour by name, without `.cjs`), `require` and `$url`
 * (of the script), and returns the exports. Its first line is a comment with the digest of the rest. Exports that change
 * after the module was evaluated would not be seen. The text is esbuild's output: import statements stand at the start of a
 * line before all else, the exports at the end. A package that stays outside is required. Error: an import of anything else.
 */
export function asScript(code: string): string {
  const body = code
    .replaceAll(statement, (_, names: string | undefined, from: string) => {
      const target = neighbour.exec(from)?.[1]
      if (target === undefined && !packageName.test(from)) throw new Error(`a script cannot import ${from}`)
      const loaded = target === undefined ? `require("${from}");\n` : `$load("${target}");\n`
      return names === undefined ? loaded : `const ${names.replaceAll(/([\w$]+) as /g, '$1: ')} = ${loaded}`
    })
    .replaceAll(onDemand, (_, target: string) => `Promise.resolve().then(() => $load("${target}"))`)
    .replace(exported, (_, names: string) => `return {${names.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2: $1')}};\n`)
    .replaceAll('import.meta.url', () => '$url')
  const text = `(function ($load, require, $url) { 'use strict';${body}})\n`
  return `// ${createHash('sha256').update(text).digest('hex')}\n${text}`
}

const statement = /^import (?:(\{[^}"]*\}) from )?"([^"]+)";\n/gm
const neighbour = /^\.\/([\w.-]+)\.js$/
const packageName = /^(?:@[\w.-]+\/)?[\w-][\w.-]*$/
const onDemand = /\bimport\("\.\/([\w.-]+)\.js"\)/g
const exported = /^export \{([^}]*)\};\n/m
