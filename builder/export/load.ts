import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { abortable, untilAborted } from '../../shared/base/abort.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { parseConfig, serializeConfig } from '../../shared/oci/config.ts'
import { importLayer } from '../layers/import-layer.ts'
import type { MaxLayers } from '../squash/layer-limit.ts'
import { mergeConfig } from '../squash/merge-config.ts'
import { planLoad } from '../squash/plan-load.ts'
import { annotatedManifest } from '../store/local-manifest.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { type ArchiveFiles, layoutFolder, spoolArchive } from './archive-files.ts'
import { listImages } from './archive-images.ts'
import type { ArchivedImage, SkippedImage } from './archived-image.ts'

/** A file, a folder with an OCI layout, or a stream. */
export type ArchiveSource = string | AsyncIterable<Uint8Array>

/** An image that was loaded, with the full names that it got. */
export interface LoadedImage {
  readonly image: StoredImage
  readonly names: readonly string[]
}

export interface LoadOptions {
  /** Stops the work: its reason is thrown, no image of the archive has got a name. */
  readonly signal?: AbortSignal | undefined
  /** Merges neighbouring layers of images that have more. */
  readonly maxLayers?: MaxLayers | undefined
  /** A full name that the image gets besides; USAGE, and nothing is loaded, when there are several images. */
  readonly name?: string | undefined
  /** Is told, before anything is loaded, what the archive has for other machines, or that is no image. */
  readonly onSkip?: (skipped: SkippedImage) => void
  /** Is told of images with nearly too many layers. */
  readonly onWarning?: ((warning: string) => void) | undefined
}

/**
 * Brings the images of a docker archive or an OCI layout into the store. Every layer is checked against the diffID that
 * the config names; an image is visible only when it is complete. Errors: ARCHIVE_INVALID, ARCHIVE_UNSAFE,
 * DIGEST_MISMATCH, LAYER_INVALID, LAYER_LIMIT, MANIFEST_INVALID, CONFIG_INVALID.
 */
export async function loadImages(
  store: Store,
  source: ArchiveSource,
  { signal, maxLayers, name, onSkip, onWarning }: LoadOptions = {},
): Promise<LoadedImage[]> {
  const lock = await store.lockShared({ signal })
  const folder = await store.temp('load')
  try {
    const files = await openArchive(source, { folder: folder.dir, signal })
    const loaded: LoadedImage[] = []
    const { images, skipped } = await listImages(files)
    for (const each of skipped) onSkip?.(each)
    if (name !== undefined && images.length > 1) throw severalImages(images.length)
    for (const archived of images) {
      loaded.push({
        image: await loadImage({ store, files, folder: folder.dir, signal, maxLayers, onWarning }, archived),
        names: name === undefined ? archived.names : [...new Set([...archived.names, name])],
      })
    }
    signal?.throwIfAborted()
    for (const { image, names } of loaded) for (const name of names) await store.tags.set(name, image.manifestDigest)
    return loaded
  } finally {
    await folder.release()
    lock.release()
  }
}

function severalImages(count: number): IbuildError {
  return new IbuildError('USAGE', `one name cannot be given to the ${count} images of the archive`, {
    hint: 'Load them under their own names, and use ibuild tag.',
  })
}

async function openArchive(
  source: ArchiveSource,
  { folder, signal }: Pick<LoadScope, 'folder' | 'signal'>,
): Promise<ArchiveFiles> {
  if (typeof source !== 'string') return spoolArchive(abortable(source, signal), folder)
  try {
    if ((await stat(source)).isDirectory()) return layoutFolder(source)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw new IbuildError('USAGE', `cannot read ${source}: ${errnoOf(error)}`, {
      cause: error,
      hint: 'Name an archive, a layout folder, or - for stdin.',
    })
  }
  return spoolArchive(abortable(createReadStream(source, { highWaterMark: 1 << 20 }), signal), folder)
}

interface LoadScope extends Pick<LoadOptions, 'onWarning'> {
  readonly store: Store
  readonly files: ArchiveFiles
  readonly folder: string
  readonly signal: AbortSignal | undefined
  readonly maxLayers: MaxLayers | undefined
}

async function loadImage(
  scope: LoadScope,
  { config: bytes, layers, names, annotations }: ArchivedImage,
): Promise<StoredImage> {
  const config = parseConfig(parseJson(bytes, { what: 'image config' }))
  const diffIDs = config.rootfs.diff_ids
  if (diffIDs.length !== layers.length) {
    throw new IbuildError('MANIFEST_INVALID', `the manifest has ${layers.length} layers, the config ${diffIDs.length}`)
  }
  const { groups, warning } = planLoad({ layers: layers.length, names, maxLayers: scope.maxLayers })
  if (warning !== undefined) scope.onWarning?.(warning)
  for (const [i, diffID] of diffIDs.entries()) {
    const layer = layers[i]
    if (layer !== undefined) await loadLayer(scope, { ...layer, diffID })
  }
  const merged = await mergeConfig(scope.store, config, { groups, signal: scope.signal })
  const stored = merged === config ? bytes : serializeConfig(merged)
  const manifest = annotatedManifest(scope.store, { config: merged, configBytes: stored, annotations })
  return scope.store.images.put(manifest, stored)
}

async function loadLayer(
  { store, files, folder, signal }: LoadScope,
  layer: ArchivedImage['layers'][number] & { diffID: Digest },
): Promise<void> {
  const there = store.layers.get(layer.diffID)
  if (there !== undefined && there.bytes.kind !== 'remote') return
  const tarFile = join(folder, `layer-${layer.diffID.slice(7, 19)}`)
  const { diffID, size, entries } = await importLayer(untilAborted(await files.open(layer.file), signal), tarFile, {
    signal,
  })
  if (diffID !== layer.diffID) {
    throw new IbuildError(
      'DIGEST_MISMATCH',
      `layer ${layer.file} is ${diffID}, but the image config says ${layer.diffID}`,
      {
        hint: 'The archive is damaged or was tampered with.',
      },
    )
  }
  await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
}
