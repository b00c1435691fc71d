import { inParallel } from '../shared/base/in-parallel.ts'
import type { BuildOptions } from './build-types.ts'
import type { RegistryOutput } from './output-types.ts'

type Guarded = BuildOptions & { readonly signal: AbortSignal }

/**
 * Does the work of a build while registries that are to get the image are asked whether they would take it; one that would
 * not stops the work, and its error is what is thrown.
 */
export async function withAccess<Options extends Guarded, T>(
  options: Options,
  work: (options: Options) => Promise<T>,
): Promise<T> {
  const { outputs = [], publisher, tags = [] } = options
  const pushes = outputs.filter((output): output is RegistryOutput => output.type === 'registry')
  if (pushes.length === 0 || publisher === undefined) return work(options)
  const { checkPushes } = await import('./transfer/write-registry.ts')
  const done = Promise.withResolvers<T>()
  const parts: ((signal: AbortSignal) => Promise<void>)[] = [
    async (signal) => done.resolve(await work({ ...options, signal })),
    async (signal) => checkPushes(pushes, tags, { publisher, signal }),
  ]
  await inParallel(parts, { atOnce: parts.length, signal: options.signal }, async (part, signal) => part(signal))
  return done.promise
}
