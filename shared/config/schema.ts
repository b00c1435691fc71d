import { isPlainObject, type Kind } from './kinds.ts'

/** One key of a configuration. */
export interface Key<T> {
  readonly kind: Kind<T>
  readonly fallback: T
  /** What it does; the documentation has it word for word. */
  readonly about: string
  /** True when a reload brings it into force; else the server must be started anew. */
  readonly isLive: boolean
}

/** Keys, and sections with more of them, by name. The order is that of the documentation. */
export type Section = { readonly [name: string]: Key<never> | Section }

/** The configuration of a section as the code has it: each value of the type of its kind. */
export type Values<S> = { readonly [Name in keyof S]: S[Name] extends Key<infer T> ? T : Values<S[Name]> }

/** A key with its path, such as `limits.idle`. */
export interface NamedKey extends Key<unknown> {
  readonly path: string
}

/** All that can be configured of a server, as one looks for it. */
export interface Schema<Config> {
  /** Every key, in the order of the section. */
  readonly keys: readonly NamedKey[]
  readonly byPath: ReadonlyMap<string, NamedKey>
  /** Paths that have keys below them. */
  readonly sections: ReadonlySet<string>
  /** Each kind gives values of its type, so all is there when each key is. */
  isComplete(config: object): config is Config & object
}

export function key<T>(kind: Kind<T>, fallback: NoInfer<T>, about: string): Key<T> {
  return { kind, fallback, about, isLive: false }
}

export function live<T>(kind: Kind<T>, fallback: NoInfer<T>, about: string): Key<T> {
  return { kind, fallback, about, isLive: true }
}

export function schemaOf<S extends object>(section: S): Schema<Values<S>> {
  const keys = keysIn(section, '')
  return {
    keys,
    byPath: new Map(keys.map((one) => [one.path, one])),
    sections: new Set(keys.flatMap(({ path }) => parentsOf(path))),
    isComplete: (config): config is Values<S> & object => keys.every(({ path }) => valueAt(config, path) !== undefined),
  }
}

/** The value of a key, by its path. */
export function valueAt(config: object, path: string): unknown {
  return path.split('.').reduce<unknown>((one, name) => (isPlainObject(one) ? one[name] : undefined), config)
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('.').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'))
}

function keysIn(section: object, prefix: string): NamedKey[] {
  return Object.entries(section).flatMap(([name, one]: [string, Key<unknown> | Section]) =>
    isKey(one) ? [{ ...one, path: prefix + name }] : keysIn(one, `${prefix}${name}.`),
  )
}

function isKey(one: Key<unknown> | Section): one is Key<unknown> {
  return 'isLive' in one
}
