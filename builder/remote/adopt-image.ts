import { untilGood } from '../../shared/base/content-tries.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { parseJson } from '../../shared/base/json.ts'
import { createSlots, type Slots } from '../../shared/base/slots.ts'
import { type ImageConfig, parseConfig } from '../../shared/oci/config.ts'
import { parseManifest } from '../../shared/oci/manifest.ts'
import type { RemoteImage } from '../ports.ts'
import { annotatedManifest } from '../store/local-manifest.ts'
import { underStepLock } from '../store/step-lock.ts'
import type { Store, StoredImage, StoredLayer } from '../store/types.ts'
import { type ListedLayer, withoutList } from '../transfer/index-list.ts'
import { pulledTitle } from '../transfer/layer-title.ts'
import { layersOf, rememberOrigin, rememberSource } from '../transfer/pull-image.ts'
import type { RemoteLayer } from '../transfer/pull-layer.ts'
import { indexLayer, keepLayer } from '../transfer/read-layer.ts'
import { counted, type Transfers } from '../transfer/transfers.ts'
import { fetchIndex, fetchList } from './fetch-index.ts'

export interface AdoptOptions {
  /** The full name that the image gets. */
  readonly name: string
  /** Tells whether contents of layers will be needed: a layer that has to be read anyway is kept then. */
  readonly needsContents: (config: ImageConfig) => boolean
  readonly transfers: Transfers
  readonly onNotice: (message: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Layers at a time that are read, as docker pulls them. */
const readAtOnce = 3
/** Layers at a time whose index is published: most are a few kilobytes, and waiting takes longer than reading. */
const askedAtOnce = 8

/**
 * Makes an image of a registry one of the store, with the indexes of its layers instead of the layers: those that the store
 * has, those that are published beside the image, and where there are none each layer is read once. A published index is
 * believed for the images whose publishers vouch for this very one; when two say different things of one layer, it is read.
 * Errors: those of the registry, MANIFEST_INVALID, CONFIG_INVALID, DIGEST_MISMATCH, ARCHIVE_*, DISK_FULL.
 */
export async function adoptImage(store: Store, remote: RemoteImage, options: AdoptOptions): Promise<StoredImage> {
  const manifest = parseManifest(parseJson(remote.manifest, { what: 'manifest' }))
  const config = parseConfig(parseJson(remote.config, { what: 'image config' }))
  const layers = layersOf(manifest, config, remote)
  for (const { diffID, descriptor } of layers) await rememberSource(store, { diffID, descriptor, remote })
  await learnLayers(store, { remote, layers }, { ...options, keepBytes: options.needsContents(config) })
  const annotations = new Map(Object.entries(withoutList(manifest.annotations)))
  const document = annotatedManifest(store, { config, configBytes: remote.config, annotations })
  const image = await store.images.put(document, remote.config)
  await rememberOrigin(store, image.imageID, remote)
  await store.tags.set(options.name, image.manifestDigest)
  return image
}

interface LearnOptions extends AdoptOptions {
  readonly keepBytes: boolean
}

interface Wanted {
  readonly remote: RemoteImage
  readonly layers: readonly RemoteLayer[]
}

async function learnLayers(store: Store, { remote, layers }: Wanted, options: LearnOptions): Promise<void> {
  const listed = layers.every(({ diffID }) => isCertain(store.layers.get(diffID)))
    ? new Map<Digest, ListedLayer>()
    : await listedLayers(remote, options)
  const folder = await store.temp('base')
  const reading = createSlots(readAtOnce)
  try {
    await inParallel(layers, { atOnce: askedAtOnce, signal: options.signal }, async (layer, signal) => {
      const scope = { ...options, store, remote, folder: folder.dir, signal, reading }
      await learnLayer(scope, layer, listed.get(layer.diffID))
    })
  } finally {
    await folder.release()
  }
}

/** True for a layer whose index was made here. */
function isCertain(layer: StoredLayer | undefined): boolean {
  return layer !== undefined && (layer.bytes.kind !== 'remote' || layer.bytes.source === 'read')
}

/** A list that cannot be had or read is as good as none: the layers are read then. */
async function listedLayers(remote: RemoteImage, options: AdoptOptions): Promise<ReadonlyMap<Digest, ListedLayer>> {
  try {
    return new Map((await fetchList(remote, options.signal)).map((layer) => [layer.diffID, layer]))
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isIbuildError(error)) throw error
    options.onNotice(`warning: the layer indexes published with ${options.name} are not used: ${error.message}`)
    return new Map()
  }
}

interface LearnScope extends LearnOptions {
  readonly store: Store
  readonly remote: RemoteImage
  readonly folder: string
  readonly signal: AbortSignal
  /** Where layers wait to be read. */
  readonly reading: Slots
}

/** Two builds that want a layer at the same time do the work once. */
async function learnLayer(scope: LearnScope, layer: RemoteLayer, listed: ListedLayer | undefined): Promise<void> {
  const { store, signal } = scope
  const isKnown = (): boolean => isEnough(store.layers.get(layer.diffID), listed)
  if (isKnown()) return
  await underStepLock(store, { key: layer.diffID, signal }, async () => {
    if (!isKnown() && !(await takeIndex(scope, layer, listed))) await scope.reading(async () => readLayer(scope, layer))
  })
}

function isEnough(layer: StoredLayer | undefined, listed: ListedLayer | undefined): boolean {
  return isCertain(layer) || (layer?.bytes.kind === 'remote' && layer.bytes.index === listed?.index.digest)
}

/** False when there is no published index that can be used. */
async function takeIndex(
  { store, remote, folder, signal, transfers, name, onNotice }: LearnScope,
  { diffID, descriptor }: RemoteLayer,
  listed: ListedLayer | undefined,
): Promise<boolean> {
  // What was believed before says something else, so one of the two is false.
  if (listed === undefined || store.layers.get(diffID) !== undefined) return false
  try {
    await transfers.during(`index of ${pulledTitle(descriptor)}`, listed.blob.size, async (moved) => {
      const watched = {
        ...remote,
        content: (...args: Parameters<RemoteImage['content']>) => counted(remote.content(...args), moved),
      }
      await fetchIndex(store, { remote: watched, listed }, { folder, signal })
      return { value: undefined, result: 'pulled' }
    })
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof IbuildError) || error.code === 'DISK_FULL') throw error
    onNotice(`warning: a layer index published with ${name} is not used: ${error.message}`)
    return false
  }
}

/** That an index was false that came with another image is no fault of this one. */
async function readLayer(scope: LearnScope, { diffID, descriptor, content }: RemoteLayer): Promise<void> {
  const { store, remote, folder, signal, transfers, keepBytes, onNotice, name } = scope
  const read = keepBytes ? keepLayer : indexLayer
  const isTrue = await transfers.during(pulledTitle(descriptor), descriptor.size, async (moved) => {
    const value = await untilGood((tries) =>
      read(store, diffID, { content: counted(content({ signal, tries }), moved), folder, signal }),
    )
    return { value, result: keepBytes ? 'pulled' : 'index read' }
  })
  await rememberSource(store, { diffID, descriptor, remote, checked: true })
  if (!isTrue)
    onNotice(`warning: an index of layer ${diffID} that came with another image is false; ${name} does not use it`)
}
