import type { Digest } from '../shared/base/digest.ts'
import type { ImageConfig } from '../shared/oci/config.ts'
import { instructionText } from './analyze/layer-words.ts'
import type { LayerSource } from './analyze/types.ts'
import { createView } from './layers/view.ts'
import type { BuiltLayers } from './solve/built-steps.ts'
import { openLayer } from './store/open-layer.ts'
import type { Store, StoredImage } from './store/types.ts'

/**
 * The layers of an image, the base first, ready to be analysed; the first `inBase` are those of the base. LAYER_INVALID when
 * one is missing or does not fit those below it.
 */
export function layersOfImage(store: Store, { config }: Pick<StoredImage, 'config'>, inBase = 0): LayerSource[] {
  const texts = layerTexts(config)
  return openLayers(store, config.rootfs.diff_ids).map((layer, i) => ({
    ...layer,
    text: texts[i] ?? '',
    inBase: i < inBase,
  }))
}

/** What was built just now, each layer with its lines, as the steps made them: also when the image's are merged. */
export function layersOfBuild(store: Store, { baseLayers, steps }: BuiltLayers): LayerSource[] {
  const base = baseOf(store, baseLayers)
  const texts = base === undefined ? [] : layerTexts(base.config)
  const layers = openLayers(store, [...baseLayers, ...steps.map(({ diffID }) => diffID)])
  return layers.map((layer, i) => {
    const step = steps[i - baseLayers.length]
    if (step === undefined) return { ...layer, text: texts[i] ?? '', inBase: true }
    const { title, location, cached } = step
    return { ...layer, text: title.replace(/^\[[^\]]*\] /, ''), location, cached, inBase: false }
  })
}

/** The stored image that has exactly these layers; one with a name before one without. */
export function baseOf(store: Store, diffIDs: readonly Digest[]): StoredImage | undefined {
  if (diffIDs.length === 0) return undefined
  const found = store.images.list().filter(({ config }) => config.rootfs.diff_ids.join() === diffIDs.join())
  return found.find(({ names }) => names.length > 0) ?? found[0]
}

/** How many layers of an image are those of another one that it was made from; 0 when it was not. */
export function sharedLayers({ config }: Pick<StoredImage, 'config'>, base: Pick<StoredImage, 'config'>): number {
  const [own, below] = [config.rootfs.diff_ids, base.config.rootfs.diff_ids]
  return below.every((diffID, i) => own[i] === diffID) ? below.length : 0
}

/** Opens layers for one pass over each, their entries where the layers below put them. */
function openLayers(store: Store, diffIDs: readonly Digest[]): Pick<LayerSource, 'diffID' | 'index'>[] {
  const view = createView(diffIDs.map((diffID) => openLayer(store, diffID, { keptBlocks: 1 })))
  return diffIDs.map((diffID, i) => ({ diffID, index: view.placed(i) }))
}

/** The instruction of each layer, from the history, which may be shorter. */
function layerTexts({ history = [] }: ImageConfig): string[] {
  return history
    .filter((entry) => entry.empty_layer !== true)
    .map(({ created_by: createdBy = '', comment = '' }) => (createdBy === '' ? comment : instructionText(createdBy)))
}
