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
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const { checkPushes } = await import('./transfer/write-registry.ts')
  const check = checkPushes(pushes, tags, { publisher, signal })
  check.catch((error: unknown) => stop.abort(error))
  const [done, access] = await Promise.allSettled([stopping(work({ ...options, signal }), stop), check])
  // The first failure is the reason for which the other stopped.
  if (stop.signal.aborted) throw stop.signal.reason
  if (access.status === 'rejected') throw access.reason
  if (done.status === 'rejected') throw done.reason
  return done.value
}

/** Work that fails stops the asking too. */
async function stopping<T>(work: Promise<T>, stop: AbortController): Promise<T> {
  try {
    return await work
  } catch (error) {
    stop.abort(error)
    throw error
  }
}
