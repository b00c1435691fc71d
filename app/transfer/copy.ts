import type { ImageVerifier, VerifiedContent } from '../../builder/ports.ts'
import type { BuildEvent } from '../../builder/solve/events.ts'
import { asSigned } from '../../builder/transfer/signed-content.ts'
import { createTransfers } from '../../builder/transfer/transfers.ts'
import { type CopiedImage, type CopyOptions, copyImage } from '../../registry/client/images/copy-image.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { formatReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { checkSize } from '../adapters/remote-images.ts'
import { notInRegistry } from './not-in-registry.ts'
import { placeOf } from './remote-place.ts'

interface CopyScope extends Omit<CopyOptions, 'listener' | 'onWarning'> {
  readonly client: RegistryClient
  /** Says what was signed under the name, which then is what is copied; without it nothing has to be signed. */
  readonly verifier?: ImageVerifier | undefined
  readonly emit?: ((event: BuildEvent) => void) | undefined
}

export interface Copied extends CopiedImage {
  /** Full. */
  readonly name: string
}

/**
 * Copies what a name means to another name. Errors: those of `copyImage`, REGISTRY_NOT_FOUND with similar tags; with a verifier
 * TRUST_*.
 */
export async function copyTo(from: Reference, to: Reference, { verifier, ...scope }: CopyScope): Promise<Copied> {
  const target = targetOf(from, to)
  const content = await verifier?.verify(from, scope)
  if (content === undefined) return copyBetween({ from, target }, scope)
  return asSigned(from, async () => {
    await requireSize(from, content, scope)
    return copyBetween({ from: { ...from, digest: content.digest }, target }, scope)
  })
}

/** A signature is over a length as well; what the registry has not is told by the copy. */
async function requireSize(
  from: Reference,
  { digest, size }: VerifiedContent,
  { client, signal }: CopyScope,
): Promise<void> {
  if (size === undefined) return
  const found = await client.repository(from).manifest(digest, { signal })
  if (found !== undefined) checkSize(found, from, { size })
}

interface Ends {
  readonly from: Reference
  readonly target: Reference
}

async function copyBetween({ from, target }: Ends, { client, emit, ...options }: CopyScope): Promise<Copied> {
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
