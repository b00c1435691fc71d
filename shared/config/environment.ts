import { nearest, type Setting, type Source } from './read.ts'
import type { Schema } from './schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface VariableNames {
  /** Of all variables for keys: `IBUILD_REGISTRY_`. One of this prefix that is for no key is a problem. */
  readonly prefix: string
  /** Shorter names by path of the key; those with the prefix come before them. */
  readonly short?: ReadonlyMap<string, string>
}

/**
 * The variable for a key: its path in capitals, with _ for each dot and before each capital letter. The data folder is
 * IBUILD_ROOT for all commands and has no other.
 */
export function variableFor(path: string, prefix: string): string {
  if (path === 'root') return 'IBUILD_ROOT'
  return (
    prefix +
    path
      .replaceAll('.', '_')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toUpperCase()
  )
}

/** Settings of environment variables. An empty one counts as not set. */
export function settingsInEnvironment(
  { keys, byPath }: Schema<unknown>,
  env: Environment,
  { prefix, short = new Map() }: VariableNames,
): Source {
  const settings = new Map<string, Setting>()
  const problems: string[] = []
  const names = new Map(keys.map(({ path }) => [variableFor(path, prefix), path]))
  for (const [path, name] of short) if (env[name]) read(name, path, env[name])
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || text === '') continue
    const path = names.get(name)
    if (path !== undefined) read(name, path, text)
    else if (name.startsWith(prefix)) problems.push(unknownVariable(name, { prefix, known: [...names.keys()] }))
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

function unknownVariable(
  name: string,
  { prefix, known }: { readonly prefix: string; readonly known: readonly string[] },
): string {
  const meant = name === `${prefix}ROOT` ? 'IBUILD_ROOT' : nearest(name, known)
  return `${name}: there is no such variable${meant === undefined ? '' : `; did you mean ${meant}?`}`
}
