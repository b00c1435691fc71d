// `npm run docs:api`: docs/api.md from the declarations of the library and their comments.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '../shared/base/error-codes.ts'
import { type ApiSymbol, aboutFile, readApi } from './api-reader.ts'
import { repository } from './repository.ts'

const sections: readonly (readonly [title: string, kind: ApiSymbol['kind']])[] = [
  ['Functions', 'function'],
  ['Classes', 'class'],
  ['Types', 'type'],
]

/** Types of the language, of the web and of Node. */
const wellKnown = new Set(
  'AbortSignal AsyncIterable Date Error Map Omit Partial Pick Promise Readonly ReadonlyMap ReadonlySet Record Required Uint8Array'.split(
    ' ',
  ),
)

/** The text of docs/api.md. Errors: a symbol without a doc comment, or one that names a type which is not exported. */
export function apiDoc(entry: string = join(repository, 'app/index.ts')): string {
  const symbols = readApi(entry)
  const names = new Set(symbols.map(({ name }) => name))
  for (const symbol of symbols) checkUses(symbol, names)
  const parts = sections.map(([title, kind]) => {
    const ofKind = symbols.filter((symbol) => symbol.kind === kind).sort((a, b) => (a.name < b.name ? -1 : 1))
    return `## ${title}\n\n${ofKind.map((symbol) => describe(symbol, names)).join('\n')}`
  })
  return `${head}${aboutFile(entry)}\n\n${parts.join('\n')}`
}

const head = `# The library

\`import { build } from 'ibuild'\`, or \`require('ibuild')\`. This page is written by \`npm run docs:api\`.

`

function checkUses({ name, uses }: ApiSymbol, names: ReadonlySet<string>): void {
  const missing = uses.filter((use) => !names.has(use) && !wellKnown.has(use))
  if (missing.length > 0) throw new Error(`${name} names ${missing.join(', ')}, which the library does not export`)
}

/** What would only tell where a type comes from is shown as what it is. */
const spelledOut: Readonly<Record<string, string>> = {
  ErrorCode: `type ErrorCode =\n${Object.keys(errorCodes)
    .sort()
    .map((code) => `  | '${code}'`)
    .join('\n')}`,
}

function describe({ name, kind, about, code, uses }: ApiSymbol, names: ReadonlySet<string>): string {
  const title = kind === 'function' ? `${name}()` : name
  const links = uses.filter((use) => names.has(use) && use !== name).map((use) => `[${use}](#${use.toLowerCase()})`)
  const seeAlso = links.length === 0 ? '' : `\nSee ${links.join(', ')}.\n`
  return `### ${title}\n\n${about}\n\n\`\`\`ts\n${spelledOut[name] ?? code}\n\`\`\`\n${seeAlso}`
}

if (import.meta.main) writeFileSync(join(repository, 'docs/api.md'), apiDoc())
