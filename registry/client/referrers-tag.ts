import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import { putManifest } from './put-manifest.ts'
import { hasReferrersApi, referrersByTag, referrersTag } from './referrers.ts'
import { nameOf, type RepositoryCalls } from './repository-calls.ts'
import type { Turns } from './turns.ts'
import type { CallOptions, ExpectedTag, RemoteManifest } from './types.ts'

/** A manifest that refers to another one, as the list of that one's referrers has it. */
export interface Referrer {
  readonly subject: Digest
  readonly descriptor: Descriptor
}

/** Undefined for a manifest without a subject, and for what only the registry can judge. */
export function referrerOf({ bytes, mediaType, digest }: RemoteManifest): Referrer | undefined {
  try {
    const { subject, artifactType, annotations } = parseManifest(bytes, mediaType)
    if (subject === undefined) return undefined
    const told = {
      ...(artifactType !== undefined && { artifactType }),
      ...(annotations !== undefined && { annotations }),
    }
    return { subject: subject.digest, descriptor: { mediaType, digest, size: bytes.byteLength, ...told } }
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

export interface TagOptions extends CallOptions {
  /** The list is read and written again: of several that do so in this process, one at a time. */
  readonly turns: Turns
}

/** Puts a referrer on the list under the tag that stands for the API (OCI distribution-spec, "Pushing Manifests with Subject"). */
export function listReferrer(
  calls: RepositoryCalls,
  { subject, descriptor }: Referrer,
  options: TagOptions,
): Promise<void> {
  return change(calls, subject, options, (known) =>
    known.some(({ digest }) => digest === descriptor.digest) ? known : [...known, descriptor],
  )
}

/** Takes a referrer that was deleted from that list, where there is no API that knows it by itself. */
export async function unlistReferrer(
  calls: RepositoryCalls,
  { subject, descriptor }: Referrer,
  options: TagOptions,
): Promise<void> {
  if (await hasReferrersApi(calls, subject, options)) return
  await change(calls, subject, options, (known) => {
    const rest = known.filter(({ digest }) => digest !== descriptor.digest)
    return rest.length === known.length ? known : rest
  })
}

/** How often a list that others change at the same time is read and written again. */
const mostTries = 8

/**
 * Nothing is written when the list stays the same. It is written only in the place of what was read, where the registry holds it
 * against that: of several that do so elsewhere none is lost.
 */
function change(
  calls: RepositoryCalls,
  subject: Digest,
  { turns, signal }: TagOptions,
  edit: (known: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  const tag = referrersTag(subject)
  return turns.take(`${nameOf(calls.name)}:${tag}`, async () => {
    let refused: ExpectedTag | undefined
    for (let tries = 1; ; tries++) {
      // oxlint-disable no-await-in-loop -- each try begins with what the one before it met
      const before = await referrersByTag(calls, subject, { signal })
      const manifests = edit(before.manifests)
      if (manifests === before.manifests) return
      const bytes = serializeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
      const manifest = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), bytes }
      const is = before.digest ?? 'absent'
      const expected = refused === is ? undefined : is // a registry that refuses what is so does not compare digests
      try {
        await putManifest(calls, tag, { manifest, expected, signal })
        return
      } catch (error) {
        if (tries === mostTries || !isIbuildError(error, 'TAG_CHANGED')) throw error
        refused = is
      }
      // oxlint-enable no-await-in-loop
    }
  })
}
