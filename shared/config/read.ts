import { IbuildError } from '../base/errors.ts'
import { suggest } from '../base/suggest.ts'
import { BadValue, isPlainObject } from './kinds.ts'
import { type NamedKey, type Schema, valueAt } from './schema.ts'

/** Plain values by path of their key. */
export type Settings = ReadonlyMap<string, Setting>

export interface Setting {
  readonly value: unknown
  /** For messages: the file, the variable or the flag that has it. */
  readonly origin: string
}

/** What a source of settings gives: those, and what is wrong with it. */
export interface Source {
  readonly settings: Settings
  readonly problems: readonly string[]
  /** What the user should know though it is no error. */
  readonly notices: readonly string[]
}

/**
 * Settings of a plain object as YAML gives it; `prefix` stands before paths where it is a section of the file. A key that there is not
 * is a problem, with its path and the nearest one.
 */
export function settingsIn(schema: Schema<unknown>, object: unknown, file: string, prefix = ''): Source {
  const place = `${file}: ${prefix}`
  const settings = new Map<string, Setting>()
  const problems: string[] = []
  const visit = (value: unknown, path: string): void => {
    if (schema.byPath.has(path)) settings.set(path, { value, origin: place + path })
    else if (path !== '' && !schema.sections.has(path)) problems.push(place + unknownKey(schema, path))
    else if (isPlainObject(value)) {
      for (const [name, one] of Object.entries(value)) visit(one, path === '' ? name : `${path}.${name}`)
    } else if (value !== undefined && value !== null)
      problems.push(`${place}${path === '' && prefix === '' ? 'the file' : path}: expected a map of keys`)
  }
  visit(object, '')
  return { settings, problems, notices: [] }
}

function unknownKey({ byPath, sections }: Schema<unknown>, path: string): string {
  const meant = nearest(path, [...byPath.keys(), ...sections])
  return `${path}: there is no such key${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

/** The key that was meant: near as a whole, or of the same name in another section. */
export function nearest(path: string, candidates: readonly string[]): string | undefined {
  const found = suggest(path, candidates)
  if (found !== undefined) return found
  const last = (one: string): string => one.slice(one.lastIndexOf('.') + 1)
  const names = new Map(candidates.map((one) => [last(one), one]))
  return names.get(last(path)) ?? names.get(suggest(last(path), names.keys()) ?? '')
}

/**
 * The configuration that settings make; of two for one key the later source wins. `contradictionsIn` tells what of it cannot be
 * had together. Errors: SERVER_CONFIG_INVALID with all problems, one a line.
 */
export function configFrom<Config>(
  schema: Schema<Config>,
  sources: readonly Source[],
  contradictionsIn: (config: Config) => readonly string[],
): Config {
  const problems = sources.flatMap((source) => source.problems)
  const settings = new Map(sources.flatMap((source) => [...source.settings]))
  const made = nestedValues(
    schema,
    Object.fromEntries(
      schema.keys.map((key) => [key.path, valueOf(key, settings.get(key.path), (problem) => problems.push(problem))]),
    ),
  )
  const all = problems.length > 0 ? problems : contradictionsIn(made)
  if (all.length > 0) throw new IbuildError('SERVER_CONFIG_INVALID', all.join('\n'))
  return made
}

function valueOf(key: NamedKey, setting: Setting | undefined, onProblem: (problem: string) => void): unknown {
  if (setting === undefined || setting.value === undefined) return key.fallback
  try {
    return key.kind.read(setting.value)
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    onProblem(`${setting.origin}: ${error.message}`)
    return key.fallback
  }
}

/** A configuration of a value for each path of the schema. */
export function nestedValues<Config>(schema: Schema<Config>, values: Readonly<Record<string, unknown>>): Config {
  const config = sectionOf(Object.entries(values))
  if (schema.isComplete(config)) return config
  throw new Error('a configuration without some key')
}

function sectionOf(values: readonly (readonly [path: string, value: unknown])[]): Readonly<Record<string, unknown>> {
  const groups = Map.groupBy(values, ([path]) => path.split('.', 1)[0] ?? '')
  return Object.fromEntries(
    [...groups].map(([name, members]) => {
      const own = members.find(([path]) => path === name)
      const below = members.map(([path, value]) => [path.slice(name.length + 1), value] as const)
      return [name, own === undefined ? sectionOf(below) : own[1]]
    }),
  )
}

/** A configuration as a plain object to write down: all keys, as one would write them. */
export function shownConfig<Config extends object>(schema: Schema<Config>, config: Config): object {
  const shown = schema.keys.map(({ path, kind }) => [path, kind.show(valueAt(config, path))] as const)
  return sectionOf(shown)
}
