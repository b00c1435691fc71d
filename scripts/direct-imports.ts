/** A JavaScript file of the bundle: its name in the folder, its text, and whether any source went into it. */
export interface OutputFile {
  readonly name: string
  readonly code: string
  readonly hasSources: boolean
}

/**
 * Rewrites the files of a bundle so that fewer are loaded: finding and linking one takes most of a millisecond at every
 * start. esbuild makes a file that only hands on what another exports for each module that is imported on demand, and lets
 * every file import the one with its own helpers even when it takes nothing from it. The text is esbuild's output.
 */
export function importDirectly(files: readonly OutputFile[]): OutputFile[] {
  const targets = new Map(files.flatMap(({ name, code }) => handsOn(name, code)))
  const helpers = new Set(files.filter(({ hasSources }) => !hasSources).map(({ name }) => name))
  return files.map(({ code, ...file }) => {
    const direct = code.replaceAll(onDemand, (whole, name: string) => {
      const target = targets.get(name)
      return target === undefined ? whole : `import("./${target}")`
    })
    return { ...file, code: direct.replaceAll(bare, (line, name: string) => (helpers.has(name) ? '' : line)) }
  })
}

const onDemand = /\bimport\("\.\/([\w.-]+\.js)"\)/g
const bare = /^import "\.\/([\w.-]+\.js)";\n/gm
const onlyHandsOn =
  /^import \{\n([\w$,\s]+)\n\} from "\.\/([\w.-]+\.js)";\n(?:import "\.\/[\w.-]+\.js";\n)*export \{\n([\w$,\s]+)\n\};\n$/

/** The file that another one hands on, when it does nothing else and changes no name. */
function handsOn(name: string, code: string): [string, string][] {
  const [, imported, target, exported] = onlyHandsOn.exec(code) ?? []
  const changesNames = imported?.includes(' as ') === true || imported !== exported
  return target === undefined || changesNames ? [] : [[name, target]]
}
