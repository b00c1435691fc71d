import type { ImageSigner } from '../../builder/ports.ts'
import { withRemote } from '../../builder/remote/with-remote.ts'
import type { BuildEvent } from '../../builder/solve/events.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { type PublishImageOptions, publishImage } from '../../builder/transfer/publish-image.ts'
import { requireExpectedTag } from '../../registry/client/expected-tag.ts'
import { unchecked } from '../../registry/client/images/copy-image.ts'
import type { ExpectedTag, RegistryClient } from '../../registry/client/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { formatReference, type Reference } from '../../shared/base/reference.ts'
import { publisher } from '../adapters/publisher.ts'
import { remoteImages } from '../adapters/remote-images.ts'

/** What a push is told by its caller. */
export type PushSettings = Pick<PublishImageOptions, 'compression' | 'format' | 'annotations' | 'atOnce' | 'indexes'>

interface PushScope extends PushSettings {
  readonly client: RegistryClient
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: BuildEvent) => void
  /** Signs what was pushed before the tag moves. */
  readonly signer?: ImageSigner | undefined
  /** What the tag has to be in the registry. */
  readonly expected?: ExpectedTag | undefined
}

export interface Pushed {
  /** Full. */
  readonly name: string
  readonly tag: string
  /** Of the manifest. */
  readonly digest: Digest
  /** Bytes of the manifest, as docker tells it. */
  readonly size: number
}

/** Pushes an image under a name. Errors: those of `publishImage`, USAGE for a name with a digest, TAG_CHANGED. */
export async function pushTo(
  store: Store,
  { image, to }: { readonly image: StoredImage; readonly to: Reference },
  scope: PushScope,
): Promise<Pushed> {
  const { client, expected, ...options } = scope
  const { tag = 'latest' } = pushable(to)
  await requireExpectedTag({ repository: client.repository(to), ref: tag }, expected, options)
  await options.signer?.checkSign?.(to, [tag], { signal: scope.signal })
  const lock = await store.lockShared({ signal: scope.signal })
  try {
    const images = remoteImages(client)
    const onWarning = (message: string): void => scope.emit({ type: 'notice', message: `warning: ${message}` })
    const target = publisher(client, { expected, onUnchecked: () => onWarning(unchecked) })
    const { digest, size } = await publishImage(
      withRemote(store, images),
      { image, to, tags: [tag] },
      { ...options, images, publisher: target, onWarning },
    )
    return { name: formatReference({ domain: to.domain, path: to.path, tag }), tag, digest, size }
  } finally {
    lock.release()
  }
}

/** A digest is what a push gives, not what it is told. */
export function pushable(reference: Reference): Reference {
  if (reference.digest === undefined) return reference
  throw new IbuildError('USAGE', 'an image cannot be pushed under a digest that is given', {
    hint: 'Leave the digest away; ibuild copy brings a manifest to another registry as it is.',
  })
}
