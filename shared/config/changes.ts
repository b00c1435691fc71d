import { nestedValues } from './read.ts'
import { type NamedKey, type Schema, valueAt } from './schema.ts'

/** What a reload changes at once, and what waits for the next start: paths of keys. */
export interface Changes {
  readonly live: readonly string[]
  readonly atRestart: readonly string[]
}

/** Tells which keys a reload takes. */
export type IsTaken = (key: NamedKey) => boolean

/** Compares the configuration in force with a new one. */
export function changesIn<Config extends object>(
  schema: Schema<Config>,
  { before, after }: { readonly before: Config; readonly after: Config },
  isTaken: IsTaken,
): Changes {
  const changed = schema.keys.filter(
    ({ path }) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path)),
  )
  const paths = (isLive: boolean): string[] => changed.filter((key) => isTaken(key) === isLive).map(({ path }) => path)
  return { live: paths(true), atRestart: paths(false) }
}

/** The configuration in force after a reload: of `after` what is taken, else as `before`. */
export function withTaken<Config extends object>(
  schema: Schema<Config>,
  { before, after }: { readonly before: Config; readonly after: Config },
  isTaken: IsTaken,
): Config {
  const values = schema.keys.map((key) => [key.path, valueAt(isTaken(key) ? after : before, key.path)])
  return nestedValues(schema, Object.fromEntries(values))
}

/** What {@link withTaken} takes of a server with a certificate: what is live; the files of a certificate belong to a mode, and wait with it. */
export function takenOf(
  before: { readonly tls: { readonly mode: string } },
  after: { readonly tls: { readonly mode: string } },
): IsTaken {
  const isSameMode = before.tls.mode === after.tls.mode
  return ({ path, isLive }) => isLive && (isSameMode || !path.startsWith('tls.'))
}
