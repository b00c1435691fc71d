import type { RegistryClient } from '../../../registry/client/types.ts'
import { familiarName } from '../../../shared/base/reference.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { notInRegistry } from '../../transfer/not-in-registry.ts'
import { placeOf } from '../../transfer/remote-place.ts'
import type { TaggedImage } from './tagged-image.ts'

/**
 * What an image is in its registry, asked once: the manifest or index that its digest names, else the one that its tag leads to now.
 * Errors: REGISTRY_*.
 */
export async function contentOf(client: RegistryClient, image: TaggedImage, signal: AbortSignal): Promise<Descriptor> {
  const { repository, ref } = placeOf(client, image)
  const manifest = await repository.manifest(ref, { signal })
  if (manifest === undefined) throw await notInRegistry(client, image, signal)
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length }
}

/** For people: `host/app:v1`. */
export function nameOf({ domain, path, tag }: TaggedImage): string {
  return familiarName({ domain, path, tag })
}
