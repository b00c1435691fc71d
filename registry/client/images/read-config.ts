import { untilGood } from '../../../shared/base/content-tries.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import type { CallOptions, RemoteRepository } from '../types.ts'

/** Most bytes of an image config. */
const mostBytes = 4 * 1024 * 1024

/** The bytes of an image config, verified. Errors: CONFIG_INVALID when it is too long, and those of the registry. */
export async function readConfig(
  repository: RemoteRepository,
  config: Descriptor,
  { signal }: CallOptions,
): Promise<Buffer> {
  if (config.size > mostBytes)
    throw new IbuildError('CONFIG_INVALID', `the image config has ${config.size} bytes, more than ${mostBytes}`)
  return untilGood(async (tries) => {
    const pieces: Uint8Array[] = []
    for await (const piece of repository.blob(config, { signal, tries })) pieces.push(Uint8Array.from(piece))
    return Buffer.concat(pieces)
  })
}
