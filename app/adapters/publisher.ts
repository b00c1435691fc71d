import type { Publisher } from '../../builder/ports.ts'
import type { PutManifestOptions, RegistryClient } from '../../registry/client/types.ts'

/** How tags are set: see `PutManifestOptions`. Manifests under their digests are put as they are. */
export type TagOptions = Pick<PutManifestOptions, 'expected' | 'onUnchecked'>

/** Images are published to the repositories of registries. */
export function publisher(client: RegistryClient, tagOptions: TagOptions = {}): Publisher {
  return {
    repository: ({ domain, path }) => {
      const repository = client.repository({ domain, path })
      return {
        ...repository,
        putManifest: (ref, manifest, options) =>
          repository.putManifest(ref, manifest, ref.includes(':') ? options : { ...options, ...tagOptions }),
      }
    },
  }
}
