import type { LayerSource } from '../../builder/analyze/types.ts'
import { layersOfBuild, layersOfImage, sharedLayers } from '../../builder/analyze-image.ts'
import type { BuildResult } from '../../builder/build-types.ts'
import { checkOptions } from '../../builder/check-options.ts'
import { findImage } from '../../builder/find-image.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { analysisOf, type ImageAnalysis } from './analysis.ts'
import type { ImageOptions, StoreOptions } from './options.ts'

/** What `analyzeImage` looks at. */
export interface AnalyzeOptions extends ImageOptions {
  /** The image that it starts from: its layers are told apart, and do not count in `own`. */
  readonly base?: string
}

/** What `analyzeBuild` looks at. */
export interface AnalyzeBuildOptions extends StoreOptions {
  readonly build: BuildResult
}

/**
 * What the layers of an image waste, from their indexes alone: contents that nobody can see any more, and what could be
 * smaller. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`; `USAGE` when it does not start from the base.
 */
export async function analyzeImage(options: AnalyzeOptions): Promise<ImageAnalysis> {
  const { root, image, base } = checkOptions('analyzeImage', options, ['root', 'image'])
  return withStore(root, (store) => {
    const found = findImage(store, image)
    if (base === undefined) return layersOfImage(store, found)
    const below = findImage(store, base)
    const shared = sharedLayers(found, below)
    if (shared < below.config.rootfs.diff_ids.length)
      throw new IbuildError('USAGE', `the image does not start with the layers of ${JSON.stringify(base)}`)
    return layersOfImage(store, found, shared)
  })
}

/**
 * The same of a build, each layer with the lines of the Dockerfile that made it, as the steps made them: also when those of
 * the image were merged. To be called before a `prune`. Errors: `LAYER_INVALID`.
 */
export async function analyzeBuild(options: AnalyzeBuildOptions): Promise<ImageAnalysis> {
  const { root, build } = checkOptions('analyzeBuild', options, ['root', 'build'])
  return withStore(root, (store) => layersOfBuild(store, build))
}

async function withStore(root: string, layersOf: (store: Store) => LayerSource[]): Promise<ImageAnalysis> {
  const { analyzeLayers } = await import('../../builder/analyze/analyze-layers.ts')
  const store = openStore(root)
  const lock = await store.lockShared({ reading: true })
  try {
    return analysisOf(analyzeLayers(layersOf(store)))
  } finally {
    lock.release()
  }
}
