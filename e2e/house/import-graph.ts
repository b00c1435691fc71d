import { join } from 'node:path/posix'
import type { Import, Source } from './read-source.ts'

export interface Edge extends Import {
  readonly from: string
  /** Path in the repository, or the bare name of a package or module of Node. */
  readonly to: string
}

/** All imports of all files, with relative targets resolved. Computed targets have an empty `to`. */
export function edgesOf(sources: readonly Source[]): readonly Edge[] {
  return sources.flatMap(({ path, imports }) =>
    imports.map((one) => ({ ...one, from: path, to: resolve(path, one.target) })),
  )
}

function resolve(from: string, target: string): string {
  if (target.startsWith('.')) return join(from, '..', target)
  if (target.startsWith('node:')) return target
  return packageOf(target)
}

/** `@scope/name/deep/file.js` -> `@scope/name`. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The shortest chain of files from an entry of the command to a file, itself included; `[file]` when none leads there. */
export function chainTo(file: string, edges: readonly Edge[], entries: readonly string[]): readonly string[] {
  const before = new Map<string, string | undefined>(entries.map((entry) => [entry, undefined]))
  for (const reached of before.keys()) {
    for (const edge of edges) if (edge.from === reached && !before.has(edge.to)) before.set(edge.to, reached)
  }
  const chain = [file]
  for (let at = before.get(file); at !== undefined; at = before.get(at)) chain.unshift(at)
  return chain
}

/** True for tests and the helpers of tests. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || /\/testing[/.]/.test(path) || path.startsWith('e2e/')
}

export function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}
