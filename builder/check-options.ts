import { IbuildError } from '../shared/base/errors.ts'
import type { ContextSource } from './build-types.ts'

/** Members that are text wherever a function takes them. */
const texts: ReadonlySet<string> = new Set(['container', 'from', 'image', 'name', 'object', 'root', 'source', 'to'])

/**
 * The options of a function of the library, once those that it cannot do without are there: a caller without types hears
 * what is missing instead of where the code broke. Errors: USAGE.
 */
export function checkOptions<Options extends object>(
  name: string,
  options: Options,
  needed: readonly (keyof Options & string)[],
): Options {
  const given: unknown = options
  const hint = `Call it with one object: ${name}({ ${needed.join(', ')} }).`
  if (typeof given !== 'object' || given === null) throw new IbuildError('USAGE', `${name} needs options`, { hint })
  for (const member of needed) {
    const value: unknown = options[member]
    if (value === undefined || value === null)
      throw new IbuildError('USAGE', `${name} needs the option ${member}`, { hint })
    if (texts.has(member) && (typeof value !== 'string' || value === ''))
      throw new IbuildError('USAGE', `${name}: the option ${member} is not a text`, { hint })
  }
  return options
}

/** The same of the context of a build: a path alone is the mistake that is easily made. Errors: USAGE. */
export function checkContext(context: ContextSource): void {
  const { kind, path, stream }: { readonly kind?: unknown; readonly path?: unknown; readonly stream?: unknown } = {
    ...context,
  }
  if (kind === 'directory' ? typeof path === 'string' : kind === 'stream' && stream !== undefined) return
  throw new IbuildError('USAGE', 'build: the option context is neither a directory nor a stream', {
    hint: "Write it as { kind: 'directory', path } or { kind: 'stream', stream }.",
  })
}
