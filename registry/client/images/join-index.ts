import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { parseJson } from '../../../shared/base/json.ts'
import { isAttestation } from '../../../shared/oci/choose-platform.ts'
import { parseConfig } from '../../../shared/oci/config.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { type Index, parseIndex, parseManifest, serializeManifest } from '../../../shared/oci/manifest.ts'
import { isIndexType, isManifestType, mediaTypes } from '../../../shared/oci/media-types.ts'
import { formatPlatform, normalizePlatform, type Platform } from '../../../shared/oci/platform.ts'
import type { CallOptions, RemoteManifest, RemoteRepository } from '../types.ts'
import { type CopyOptions, copyImage } from './copy-image.ts'
import { readConfig } from './read-config.ts'
import type { RemotePlace } from './types.ts'

export interface JoinOptions
  extends Pick<CopyOptions, 'atOnce' | 'layerIndexes' | 'listener' | 'onWarning'>,
    CallOptions {
  /** Of the index. */
  readonly annotations?: ReadonlyMap<string, string> | undefined
  /** Docker's media types instead of OCI's. */
  readonly format?: 'oci' | 'docker' | undefined
  /** Keeps what the index has already: of equal platforms the new image takes the place. */
  readonly add?: boolean | undefined
}

export interface JoinedIndex {
  readonly manifest: RemoteManifest
  readonly index: Index
  /** What was in the index until now, and whose platform another image has. */
  readonly replaced: readonly Descriptor[]
}

/** What is joined or added to, by the name that the user gave. */
export interface NamedPlace extends RemotePlace {
  readonly name: string
  /** The error when it is not there; without it REGISTRY_NOT_FOUND with the name. */
  readonly missing?: () => Promise<IbuildError>
}

/**
 * Makes one index of images, or adds them to one, and names it. Sources may be images, with the platform of their config, or
 * indexes, whose manifests are taken over; those of other repositories are copied. Errors: those of the registries,
 * REGISTRY_NOT_FOUND, NOT_AN_IMAGE, USAGE for two images of one platform.
 *
 * Of those who add to one index at once none takes away what another one added, where the registry knows conditions: who was
 * slower adds to what there is then. TAG_CHANGED when that happens again and again.
 */
export async function joinIndex(
  to: NamedPlace,
  sources: readonly NamedPlace[],
  options: JoinOptions,
): Promise<JoinedIndex> {
  let before = options.add === true ? await existing(to, options) : undefined
  const found: FoundSource[] = []
  for (const source of sources) found.push(await readSource(source, options))
  const added = found.flatMap(({ entries }) => entries)
  checkPlatforms(added)
  for (const { source, digest } of found) await bringOver({ repository: source.repository, ref: digest }, to, options)
  for (let tries = 1; ; tries++) {
    const joined = join(before?.index, added, options)
    try {
      await to.repository.putManifest(to.ref, joined.manifest, { signal: options.signal, expected: before?.digest })
      return joined
    } catch (error) {
      if (!isIbuildError(error, 'TAG_CHANGED') || tries === mostTries) throw error
      before = await existing(to, options)
    }
  }
}

const mostTries = 10

function join(before: Index | undefined, added: readonly Descriptor[], options: JoinOptions): JoinedIndex {
  const replaced = replacedIn(before, added)
  const index = indexOf(before, { added, replaced }, options)
  const bytes = serializeManifest(index)
  return { manifest: { mediaType: index.mediaType, digest: digestOf(bytes), bytes }, index, replaced }
}

interface ExistingIndex {
  readonly index: Index
  /** Of what the name means now. */
  readonly digest: Digest
}

/** The index that a name means; of one image an index of that. */
async function existing({ repository, ref, name }: NamedPlace, options: JoinOptions): Promise<ExistingIndex> {
  const found = await repository.manifest(ref, { ...options, current: true })
  if (found === undefined) {
    const hint = 'Make it with ibuild index create.'
    throw new IbuildError('REGISTRY_NOT_FOUND', `there is no index ${name} to add to`, { hint })
  }
  const { digest } = found
  if (isIndexType(found.mediaType)) return { index: parseIndex(parseJson(found.bytes, { what: 'index' })), digest }
  const manifests = [await describeImage(repository, found, { ...options, name })]
  return { index: { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, digest }
}

interface FoundSource {
  readonly source: NamedPlace
  readonly digest: Digest
  /** What it adds to the index. */
  readonly entries: readonly Descriptor[]
}

async function readSource(source: NamedPlace, options: JoinOptions): Promise<FoundSource> {
  const { repository, ref, name, missing } = source
  const found = await repository.manifest(ref, options)
  if (found === undefined)
    throw (await missing?.()) ?? new IbuildError('REGISTRY_NOT_FOUND', `the registry has no image ${name}`)
  const entries = isIndexType(found.mediaType)
    ? parseIndex(parseJson(found.bytes, { what: `index ${name}` })).manifests
    : [await describeImage(repository, found, { ...options, name })]
  return { source, digest: found.digest, entries }
}

/** Copies what another repository has. */
async function bringOver(from: RemotePlace, { repository }: RemotePlace, options: JoinOptions): Promise<void> {
  const { domain, path } = repository.name
  if (from.repository.name.domain === domain && from.repository.name.path === path) return
  await copyImage(from, { repository, ref: from.ref }, options)
}

async function describeImage(
  repository: RemoteRepository,
  { mediaType, digest, bytes }: RemoteManifest,
  { signal, name }: CallOptions & { readonly name: string },
): Promise<Descriptor> {
  if (!isManifestType(mediaType)) throw noImage(name, mediaType)
  const { config } = parseManifest(parseJson(bytes, { what: `manifest ${name}` }))
  if (config.mediaType !== mediaTypes.ociConfig && config.mediaType !== mediaTypes.dockerConfig)
    throw noImage(name, config.mediaType)
  return { mediaType, digest, size: bytes.byteLength, platform: await platformOf(repository, config, signal) }
}

function noImage(name: string, mediaType: string): IbuildError {
  return new IbuildError('NOT_AN_IMAGE', `${name} is no image: ${mediaType}`, { hint: 'An index joins images.' })
}

async function platformOf(
  repository: RemoteRepository,
  config: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Platform> {
  const bytes = await readConfig(repository, config, { signal })
  const { os, architecture, variant, ...rest } = parseConfig(parseJson(bytes, { what: 'image config' }))
  const version = rest['os.version']
  return {
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(version !== undefined && { 'os.version': version }),
  }
}

function checkPlatforms(added: readonly Descriptor[]): void {
  const seen = new Map<string, Descriptor>()
  for (const descriptor of added) {
    const key = keyOf(descriptor)
    const other = key === undefined ? undefined : seen.get(key)
    if (key !== undefined) seen.set(key, descriptor)
    if (other === undefined || other.digest === descriptor.digest) continue
    throw new IbuildError('USAGE', `two of the images are for ${key}: ${other.digest} and ${descriptor.digest}`, {
      hint: 'An index has one image for each platform.',
    })
  }
}

/** Undefined for what can stand beside any other: attestations, and what names no platform. */
function keyOf(descriptor: Descriptor): string | undefined {
  const { platform } = descriptor
  if (platform === undefined || isAttestation(descriptor)) return undefined
  return [formatPlatform(normalizePlatform(platform)), platform['os.version'] ?? ''].join(' ').trim()
}

function replacedIn(before: Index | undefined, added: readonly Descriptor[]): Descriptor[] {
  const digests = new Set(added.map(({ digest }) => digest))
  const platforms = new Set(added.flatMap((each) => keyOf(each) ?? []))
  const all = before?.manifests ?? []
  return all.filter((each) => platforms.has(keyOf(each) ?? '') && !digests.has(each.digest))
}

interface Changes {
  readonly added: readonly Descriptor[]
  readonly replaced: readonly Descriptor[]
}

function indexOf(before: Index | undefined, { added, replaced }: Changes, { annotations, format }: JoinOptions): Index {
  const gone = new Set(replaced.map(({ digest }) => digest))
  const known = new Set([...gone, ...added.map(({ digest }) => digest)])
  const kept = (before?.manifests ?? []).filter((each) => !known.has(each.digest) && !isAbout(each, gone))
  const merged = { ...before?.annotations, ...Object.fromEntries(annotations ?? []) }
  const unique = [...new Map(added.map((each) => [each.digest, each])).values()]
  const usual = before?.mediaType ?? mediaTypes.ociIndex
  return {
    schemaVersion: 2,
    mediaType: format === undefined ? usual : format === 'docker' ? mediaTypes.dockerIndex : mediaTypes.ociIndex,
    manifests: [...kept, ...unique],
    ...(Object.keys(merged).length > 0 && { annotations: merged }),
  }
}

/** What build tools say about an image goes with it. */
function isAbout({ annotations }: Descriptor, replaced: ReadonlySet<string>): boolean {
  return replaced.has(annotations?.['vnd.docker.reference.digest'] ?? '')
}
