import { inParallel } from '../shared/base/in-parallel.ts'
import type { BuildOptions } from './build-types.ts'
import type { RegistryOutput } from './output-types.ts'

type Guarded = BuildOptions & { readonly signal: AbortSignal }

/**
 * Does the work of a build while registries that are to get the image are asked whether they would take it; one that would
 * not stops the work, and its error is what is thrown. Who signs is asked before the work begins, for he may have to ask a person.
 */
export async function withAccess<Options extends Guarded, T>(
  options: Options,
  work: (options: Options) => Promise<T>,
): Promise<T> {
  const { outputs = [], publisher, signer, tags = [] } = options
  const pushes = outputs.filter((output): output is RegistryOutput => output.type === 'registry')
  if (pushes.length === 0 || publisher === undefined) return work(options)
  const { checkPushes, checkSigning } = await import('./transfer/write-registry.ts')
  if (signer !== undefined) await checkSigning(pushes, tags, { signer, signal: options.signal })
  const done = Promise.withResolvers<T>()
  const parts: ((signal: AbortSignal) => Promise<void>)[] = [
    async (signal) => done.resolve(await work({ ...options, signal })),
    async (signal) => checkPushes(pushes, tags, { publisher, signal }),
  ]
  await inParallel(parts, { atOnce: parts.length, signal: options.signal }, async (part, signal) => part(signal))
  return done.promise
}
