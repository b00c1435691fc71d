import { digestOf } from '../../shared/base/digest.ts'
import { type ImageConfig, serializeConfig } from '../../shared/oci/config.ts'
import type { PlannedStage } from '../plan/types.ts'
import { annotatedManifest } from '../store/local-manifest.ts'
import type { Store } from '../store/types.ts'
import { fillTimes } from './history.ts'
import type { SolvedStage } from './stage-scope.ts'
import { keyOf } from './step-key.ts'

/** The documents of a built image. */
export interface BuiltImage {
  readonly config: Buffer
  readonly manifest: Buffer
}

export interface ImageSettings {
  readonly now: () => Date
  /** False: an image without layers of its own gets the present time even if the same was built before. */
  readonly useCache: boolean
  /** Of the manifest. */
  readonly annotations?: ReadonlyMap<string, string> | undefined
}

/**
 * Config and manifest of a solved stage. The same stage with the same layers gives the same bytes: `created` is the time
 * of the newest layer, or for an image with no layer of its own the time at which the same config was first made.
 */
export async function assembleImage(
  store: Store,
  { stage, solved }: { stage: PlannedStage; solved: SolvedStage },
  settings: ImageSettings,
): Promise<BuiltImage> {
  const draft: ImageConfig = {
    ...stage.config,
    rootfs: { type: 'layers', diff_ids: solved.chain.diffIDs },
    history: solved.history,
  }
  const newest = solved.layers
    .map(({ created }) => created)
    .sort((a, b) => (a < b ? -1 : 1))
    .at(-1)
  const created = newest ?? (await firstMade(store, draft, settings))
  const config = { ...draft, created, history: fillTimes(solved.history, created) }
  const configBytes = serializeConfig(config)
  const { annotations } = settings
  return { config: configBytes, manifest: annotatedManifest(store, { config, configBytes, annotations }) }
}

/** Remembered like a step, so that building again gives the same image. */
async function firstMade(store: Store, draft: ImageConfig, { now, useCache }: ImageSettings): Promise<string> {
  const parts = [{ name: 'image', value: digestOf(serializeConfig(draft)) }]
  const key = keyOf(parts)
  const known = useCache ? store.records.get(key) : undefined
  const created = known?.created ?? now().getTime()
  if (known === undefined) await store.records.put(key, { version: 1, step: 'image', parts, created })
  return new Date(created).toISOString()
}
