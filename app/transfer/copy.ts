import type { BuildEvent } from '../../builder/solve/events.ts'
import { createTransfers } from '../../builder/transfer/transfers.ts'
import { type CopiedImage, type CopyOptions, copyImage } from '../../registry/client/images/copy-image.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { formatReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { notInRegistry } from './not-in-registry.ts'
import { placeOf } from './remote-place.ts'

interface CopyScope extends Omit<CopyOptions, 'listener' | 'onWarning'> {
  readonly client: RegistryClient
  readonly emit?: ((event: BuildEvent) => void) | undefined
}

export interface Copied extends CopiedImage {
  /** Full. */
  readonly name: string
}

/** Copies what a name means to another name. Errors: those of `copyImage`, REGISTRY_NOT_FOUND with similar tags. */
export async function copyTo(from: Reference, to: Reference, { client, emit, ...options }: CopyScope): Promise<Copied> {
  const target = targetOf(from, to)
  const listener = createTransfers(emit)
  const onWarning = (warning: string): void => emit?.({ type: 'notice', message: `warning: ${warning}` })
  const settings = { ...options, listener, onWarning }
  const copied = await copyImage(placeOf(client, from), placeOf(client, target), settings)
  if (copied === undefined) throw await notInRegistry(client, from, options.signal)
  const { domain, path, tag } = target
  const name = formatReference({ domain, path, ...(tag === undefined ? { digest: copied.digest } : { tag }) })
  return { ...copied, name }
}

/** Without a tag it gets that of the source, or the digest alone when the source has only that. */
function targetOf(from: Reference, { domain, path, tag, digest }: Reference): Reference {
  if (tag !== undefined) return { domain, path, tag }
  if (digest !== undefined) return { domain, path, digest }
  const source = withDefaultTag(from)
  return source.tag === undefined
    ? { domain, path, ...(source.digest && { digest: source.digest }) }
    : { domain, path, tag: source.tag }
}
