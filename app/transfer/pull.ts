import type { BuildEvent } from '../../builder/solve/events.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { type PullOptions, pulledName, pullImage } from '../../builder/transfer/pull-image.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import type { Reference } from '../../shared/base/reference.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import { remoteImages } from '../adapters/remote-images.ts'
import { notInRegistry } from './not-in-registry.ts'

/** What a pull is told by its caller. */
export interface PullSettings extends Pick<PullOptions, 'maxLayers' | 'atOnce'> {
  readonly platform: Platform
}

interface PullScope extends PullSettings {
  readonly client: RegistryClient
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: BuildEvent) => void
}

export interface Pulled {
  /** Full. */
  readonly name: string
  /** Of what the name means in the registry: a manifest, or an index. */
  readonly digest: Digest | undefined
  readonly image: StoredImage
  /** False when the name meant this image before. */
  readonly isNew: boolean
}

/** Pulls the image of a name. Errors: those of `pullImage`, REGISTRY_NOT_FOUND with similar tags, PLATFORM_NOT_FOUND, NOT_AN_IMAGE. */
export async function pullFrom(store: Store, reference: Reference, scope: PullScope): Promise<Pulled> {
  const { client, signal, emit, platform, maxLayers, atOnce } = scope
  const remote = await remoteImages(client).find(reference, { platform, signal })
  if (remote === undefined) throw await notInRegistry(client, reference, signal)
  const name = pulledName(reference)
  const onWarning = (message: string): void => emit({ type: 'notice', message: `warning: ${message}` })
  const { image, isNew } = await pullImage(store, remote, { name, signal, emit, maxLayers, atOnce, onWarning })
  return { name, digest: remote.reference.digest, image, isNew }
}
