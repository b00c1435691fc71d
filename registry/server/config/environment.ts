import { byPath, nearest, type Setting, type Source } from './read.ts'
import { keys } from './schema.ts'

const prefix = 'IBUILD_REGISTRY_'
/** Shorter names of variables; those with the prefix come before them. */
const shortNames: ReadonlyMap<string, string> = new Map([['IBUILD_GC_DELAY', 'gc.delay']])

/**
 * The variable for a key: its path in capitals, with _ for each dot and before each capital letter. The data folder is
 * IBUILD_ROOT for all commands and has no other.
 */
export function variableOf(path: string): string {
  if (path === 'root') return 'IBUILD_ROOT'
  return (
    prefix +
    path
      .replaceAll('.', '_')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toUpperCase()
  )
}

/** Settings of environment variables. An empty one counts as not set; one for a key that there is not is a problem. */
export function settingsOfEnvironment(env: Readonly<Record<string, string | undefined>>): Source {
  const settings = new Map<string, Setting>()
  const problems: string[] = []
  const names = new Map(keys.map(({ path }) => [variableOf(path), path]))
  for (const [name, path] of shortNames) if (env[name]) read(name, path, env[name])
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || text === '') continue
    const path = names.get(name)
    if (path !== undefined) read(name, path, text)
    else if (name.startsWith(prefix)) problems.push(unknownVariable(name, [...names.keys()]))
  }
  return { settings, problems, notices: [] }

  function read(origin: string, path: string, text: string): void {
    try {
      settings.set(path, { value: byPath.get(path)?.kind.fromText(text), origin })
    } catch (error) {
      problems.push(`${origin}: ${error instanceof Error ? error.message : 'cannot be read'}`)
    }
  }
}

function unknownVariable(name: string, known: readonly string[]): string {
  const meant = name === `${prefix}ROOT` ? variableOf('root') : nearest(name, known)
  return `${name}: there is no such variable${meant === undefined ? '' : `; did you mean ${meant}?`}`
}
