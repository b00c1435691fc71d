import { untilGood } from '../../../shared/base/content-tries.ts'
import { type Digest, shortHex } from '../../../shared/base/digest.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { inParallel } from '../../../shared/base/in-parallel.ts'
import { parseJson } from '../../../shared/base/json.ts'
import { choosePlatform } from '../../../shared/oci/choose-platform.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { parseIndex } from '../../../shared/oci/manifest.ts'
import { isIndexType } from '../../../shared/oci/media-types.ts'
import { formatPlatform, type Platform } from '../../../shared/oci/platform.ts'
import { requireExpectedTag } from '../expected-tag.ts'
import type { ExpectedTag, RemoteManifest, RemoteRepository } from '../types.ts'
import { layerIndexesOf } from './layer-indexes.ts'
import { readTree, type TreeManifest } from './manifest-tree.ts'
import { type CopyTarget, type MoveListener, noListener, type RemotePlace, type TargetPlace } from './types.ts'

export interface CopyOptions {
  /** Of an index only the image for this platform; all that it names unless told otherwise. */
  readonly platform?: Platform | undefined
  /** Signatures and other manifests that refer to what is copied, too. */
  readonly referrers?: boolean | undefined
  /** False leaves the published layer indexes of images behind, which otherwise come with them. */
  readonly layerIndexes?: boolean | undefined
  /** Is told what went wrong without harm to what is copied. */
  readonly onWarning?: ((warning: string) => void) | undefined
  /** What the tag of the target has to be. Looked at before anything is sent, and by the registry when it is set. */
  readonly expected?: ExpectedTag | undefined
  /** Blobs at a time; 4 unless told otherwise. */
  readonly atOnce?: number | undefined
  readonly listener?: MoveListener | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CopiedImage {
  readonly mediaType: string
  /** Of what the name means now: a manifest, or an index. */
  readonly digest: Digest
  /** All that were looked at, with those that were there already. */
  readonly manifests: number
  /** Bytes of blobs that were sent through this process. */
  readonly bytes: number
}

interface CopyScope {
  readonly source: RemoteRepository
  readonly target: CopyTarget
  readonly options: CopyOptions
}

const usualAtOnce = 4

/**
 * Copies what a name means to another repository, byte for byte: blobs are streamed, or mounted on the same host, manifests
 * come after what they name, the name last. What is there already is left alone, so a copy that broke off goes on where it
 * was. Undefined when the source has not that name. Errors: those of both registries, MANIFEST_INVALID, PLATFORM_NOT_FOUND,
 * TAG_CHANGED.
 */
export async function copyImage(
  from: RemotePlace,
  to: TargetPlace,
  options: CopyOptions = {},
): Promise<CopiedImage | undefined> {
  const scope: CopyScope = { source: from.repository, target: to.repository, options }
  const named = await from.repository.manifest(from.ref, options)
  if (named === undefined) return undefined
  await requireExpectedTag(to, options.expected, options)
  const top = await chosen(scope, named)
  const { signal } = options
  const tree = await readTree(from.repository, top, { referrers: options.referrers === true, signal })
  const missing = await missingManifests(scope, tree)
  const sent = await copyBlobs(scope, missing)
  const indexes = await copyIndexes(scope, tree)
  const isNamed = !to.ref.includes(':')
  for (const each of missing) if (!isNamed || each.manifest !== top) await putManifest(scope, each)
  if (isNamed) await nameIt(to, top, options)
  const { mediaType, digest } = top
  return { mediaType, digest, manifests: tree.length + indexes.manifests, bytes: sent + indexes.bytes }
}

/** An image is worth having without them: some registries refuse manifests of artifacts. */
async function copyIndexes(
  scope: CopyScope,
  tree: readonly TreeManifest[],
): Promise<Pick<CopiedImage, 'manifests' | 'bytes'>> {
  const { layerIndexes, onWarning, signal } = scope.options
  if (layerIndexes === false) return { manifests: 0, bytes: 0 }
  try {
    const found = await layerIndexesOf(scope.source, tree, { signal })
    const missing = await missingManifests(scope, found)
    const bytes = await copyBlobs(scope, missing)
    for (const each of missing) await putManifest(scope, each)
    return { manifests: found.length, bytes }
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof IbuildError)) throw error
    onWarning?.(`the indexes of the layers are not copied: ${error.message}`)
    return { manifests: 0, bytes: 0 }
  }
}

/** The manifest for the platform, where one is asked for. */
async function chosen({ source, options }: CopyScope, named: RemoteManifest): Promise<RemoteManifest> {
  const { platform } = options
  if (platform === undefined || !isIndexType(named.mediaType)) return named
  const index = parseIndex(parseJson(named.bytes, { what: `index ${named.digest}` }))
  const { chosen: found, known } = choosePlatform(index.manifests, platform)
  const manifest = found && (await source.manifest(found.digest, options))
  if (manifest !== undefined) return manifest
  const message = `the index has no image for ${formatPlatform(platform)}: it has ${known.join(', ') || 'none'}`
  throw new IbuildError('PLATFORM_NOT_FOUND', message)
}

/** A registry takes a manifest when it has what that names: one that is there need not be looked into. */
async function missingManifests(
  { target, options }: CopyScope,
  manifests: readonly TreeManifest[],
): Promise<TreeManifest[]> {
  const { signal } = options
  const there = await inParallel(manifests, { atOnce: usualAtOnce, signal }, async ({ manifest, tag }, stop) =>
    isThere(target, { digest: manifest.digest, tag }, stop),
  )
  return manifests.filter((_, i) => there[i] !== true)
}

async function isThere(
  target: CopyTarget,
  { digest, tag }: { readonly digest: Digest; readonly tag: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  const found = await target.resolve(tag ?? digest, { signal, current: true })
  return found?.digest === digest
}

async function copyBlobs(scope: CopyScope, missing: readonly TreeManifest[]): Promise<number> {
  const { atOnce = usualAtOnce, signal } = scope.options
  const blobs = new Map(missing.flatMap(({ facts }) => facts.blobs).map((blob) => [blob.digest, blob]))
  const sent = await inParallel([...blobs.values()], { atOnce, signal }, async (blob, stop) =>
    copyBlob(scope, blob, stop),
  )
  return sent.reduce((sum, bytes) => sum + bytes, 0)
}

/** Gives the bytes that were sent. */
async function copyBlob(
  { source, target, options }: CopyScope,
  blob: Descriptor,
  signal: AbortSignal,
): Promise<number> {
  const { listener = noListener } = options
  const title = shortHex(blob.digest)
  if (await target.hasBlob(blob.digest, { signal })) {
    listener.spared(title, 'already exists')
    return 0
  }
  const mountFrom = source.name.domain === target.name.domain ? [source.name.path] : []
  return listener.during(title, blob.size, async (moved) => {
    const how = await untilGood(async (tries) => {
      const open = (): AsyncIterable<Uint8Array> => source.blob(blob, { signal, tries })
      return target.pushBlob(blob, open, { signal, mountFrom, isMissing: true, onProgress: moved })
    })
    if (how === 'sent') return { value: blob.size, result: 'copied' }
    return { value: 0, result: how === 'mounted' ? `mounted from ${source.name.path}` : 'already exists' }
  })
}

/** Some registries refuse to set a tag again, even to what it means. */
async function nameIt({ repository, ref }: TargetPlace, top: RemoteManifest, options: CopyOptions): Promise<void> {
  const { signal, expected, onWarning } = options
  const before = await repository.resolve(ref, { signal, current: true })
  if (before?.digest === top.digest && expected !== 'absent') return
  await repository.putManifest(ref, top, { signal, expected, onUnchecked: () => onWarning?.(unchecked) })
}

/** For people who said what a tag has to be. */
export const unchecked: string =
  'the registry does not say that it knows conditions: it may have set the tag though somebody else moved it meanwhile'

async function putManifest({ target, options }: CopyScope, { manifest, tag }: TreeManifest): Promise<void> {
  await target.putManifest(tag ?? manifest.digest, manifest, options)
}
