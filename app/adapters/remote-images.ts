import type { FindOptions, RemoteImage, RemoteImages } from '../../builder/ports.ts'
import { readConfig } from '../../registry/client/images/read-config.ts'
import type { RegistryClient, RemoteManifest, RemoteRepository } from '../../registry/client/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { familiarName, formatReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { choosePlatform } from '../../shared/oci/choose-platform.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Manifest, parseIndex, parseManifest } from '../../shared/oci/manifest.ts'
import { isIndexType, isManifestType, mediaTypes } from '../../shared/oci/media-types.ts'
import { formatPlatform } from '../../shared/oci/platform.ts'

/** How deep indexes may name indexes. */
const mostDepth = 4

/**
 * Images of registries, one platform of each. Errors beside those of the client: PLATFORM_NOT_FOUND, NOT_AN_IMAGE,
 * MANIFEST_INVALID.
 */
export function remoteImages(client: RegistryClient): RemoteImages {
  return {
    find: async (reference, options) => {
      const repository = client.repository({ domain: reference.domain, path: reference.path })
      const full = withDefaultTag(reference)
      const top = await repository.manifest(full.digest ?? full.tag ?? 'latest', options)
      if (top === undefined) return undefined
      checkSize(top, full, options)
      const found: Reference = { ...full, digest: top.digest }
      return imageOf(
        repository,
        { reference: found, top, manifest: await descend(repository, top, { ...options, reference: full }) },
        options,
      )
    },
    content: ({ domain, path }, descriptor, options) => client.repository({ domain, path }).blob(descriptor, options),
  }
}

interface Place extends FindOptions {
  readonly reference: Reference
}

/** The manifest of the image for the platform, through indexes where there are any. */
async function descend(repository: RemoteRepository, top: RemoteManifest, place: Place): Promise<RemoteManifest> {
  let manifest = top
  for (let depth = 0; isIndexType(manifest.mediaType); depth++) {
    if (depth === mostDepth) throw new IbuildError('MANIFEST_INVALID', `${nameOf(place)}: indexes are nested too deep`)
    const index = parseIndex(parseJson(manifest.bytes, { what: `index ${manifest.digest}` }))
    const { chosen, known } = choosePlatform(index.manifests, place.platform)
    if (chosen === undefined) throw noPlatform(place, known)
    manifest = await needManifest(repository, chosen, place)
  }
  if (!isManifestType(manifest.mediaType)) throw unknownType(place, manifest.mediaType)
  return manifest
}

async function needManifest(
  repository: RemoteRepository,
  { digest }: Descriptor,
  place: Place,
): Promise<RemoteManifest> {
  const manifest = await repository.manifest(digest, place)
  if (manifest !== undefined) return manifest
  throw new IbuildError(
    'IMAGE_NOT_FOUND',
    `${nameOf(place)} names the manifest ${digest}, which the registry has not`,
    {
      hint: 'The image is damaged there: push it again.',
    },
  )
}

async function imageOf(
  repository: RemoteRepository,
  { reference, top, manifest }: Found,
  options: FindOptions,
): Promise<RemoteImage> {
  const { digest, bytes } = manifest
  const parsed = parseManifest(parseJson(bytes, { what: `manifest ${digest}` }))
  checkImage(parsed, { ...options, reference })
  return {
    reference,
    descriptor: descriptorOf(manifest),
    ...(top !== manifest && { index: descriptorOf(top) }),
    manifest: bytes,
    config: await readConfig(repository, parsed.config, options),
    document: async (wanted, fetch) => (await repository.manifest(wanted, fetch))?.bytes,
    content: (descriptor, fetch) => repository.blob(descriptor, fetch),
  }
}

interface Found {
  readonly reference: Reference
  /** What was asked for. */
  readonly top: RemoteManifest
  /** The manifest that it led to. */
  readonly manifest: RemoteManifest
}

function descriptorOf({ mediaType, digest, bytes }: RemoteManifest): Descriptor {
  return { mediaType, digest, size: bytes.byteLength }
}

/** A signature is over a length as well. Errors: TRUST_CONTENT. */
export function checkSize(
  { digest, bytes }: RemoteManifest,
  reference: Reference,
  { size }: Pick<FindOptions, 'size'>,
): void {
  if (size === undefined || size === bytes.byteLength) return
  const message = `${formatReference(reference)} was signed with ${size} bytes, and ${digest} has ${bytes.byteLength}`
  throw new IbuildError('TRUST_CONTENT', message)
}

/** Charts, signatures and the like have manifests too. */
function checkImage({ config, artifactType }: Manifest, place: Place): void {
  if (config.mediaType === mediaTypes.ociConfig || config.mediaType === mediaTypes.dockerConfig) return
  throw new IbuildError('NOT_AN_IMAGE', `${nameOf(place)} is no image: ${artifactType ?? config.mediaType}`, {
    hint: 'ibuild copy brings it to another registry as it is.',
  })
}

function noPlatform(place: Place, known: readonly string[]): IbuildError {
  const has = known.length === 0 ? 'it has none for any' : `it has ${known.join(', ')}`
  const message = `${nameOf(place)} has no image for ${formatPlatform(place.platform)}: ${has}`
  return new IbuildError('PLATFORM_NOT_FOUND', message)
}

const schema1 = 'application/vnd.docker.distribution.manifest.v1+'

function unknownType(place: Place, mediaType: string): IbuildError {
  if (mediaType.startsWith(schema1))
    return new IbuildError(
      'NOT_AN_IMAGE',
      `${nameOf(place)} has a manifest of the old schema 1, which is not supported`,
      {
        hint: 'Pull it with a docker of before version 28 and push it again.',
      },
    )
  return new IbuildError('NOT_AN_IMAGE', `${nameOf(place)} is no image: ${mediaType}`)
}

/** As people write it, with the digest only where there is no tag. */
function nameOf({ reference }: Pick<Place, 'reference'>): string {
  const { digest: _, ...named } = reference
  return reference.tag === undefined ? formatReference(reference) : familiarName(named)
}
