import { digestOf } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { RegistryError } from '../protocol/error.ts'
import { type ManifestFacts, parseManifest } from '../protocol/manifest.ts'
import { putManifest } from './put-manifest.ts'
import { referrersByTag, referrersTag } from './referrers.ts'
import type { RepositoryCalls } from './repository-calls.ts'
import type { CallOptions, RemoteManifest } from './types.ts'

/**
 * Adds a manifest with a subject to the list under the tag that stands for the referrers API (OCI distribution-spec, "Pushing
 * Manifests with Subject"): for registries that take no note of subjects themselves. A manifest without a subject is left alone.
 */
export async function noteReferrer(
  calls: RepositoryCalls,
  manifest: RemoteManifest,
  options: CallOptions,
): Promise<void> {
  const facts = factsOf(manifest)
  if (facts?.subject === undefined) return
  const { digest } = facts.subject
  const others = await referrersByTag(calls, digest, options)
  if (others.some((other) => other.digest === manifest.digest)) return
  const manifests = [...others, describe(manifest, facts)]
  const bytes = serializeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
  const list = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), bytes }
  await putManifest(calls, referrersTag(digest), { ...options, manifest: list })
}

function factsOf({ bytes, mediaType }: RemoteManifest): ManifestFacts | undefined {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

function describe(
  { mediaType, digest, bytes }: RemoteManifest,
  { artifactType, annotations }: ManifestFacts,
): Descriptor {
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(annotations !== undefined && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
  }
}
