import type { Metafile } from 'esbuild'

/** What is loaded at once when a file of the bundle is: sources (paths in the repository) and packages left outside. */
export interface Loaded {
  readonly sources: readonly string[]
  readonly packages: readonly string[]
}

/** Follows the static imports from the output that a source became; `import()` is where loading stops. */
export function loadedWith(source: string, { outputs }: Metafile): Loaded {
  const first = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === source)
  if (first === undefined) throw new Error(`${source} is no entry of the bundle`)
  const files = new Set([first])
  const packages = new Set<string>()
  for (const file of files) {
    for (const { path, kind, external } of outputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') continue
      ;(external === true ? packages : files).add(path)
    }
  }
  const sources = [...files].flatMap((file) => Object.entries(outputs[file]?.inputs ?? {}))
  return {
    sources: sources.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name),
    packages: [...packages],
  }
}
