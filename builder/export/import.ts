import { join } from 'node:path'
import { abortable } from '../../shared/base/abort.ts'
import { type ImageConfig, serializeConfig } from '../../shared/oci/config.ts'
import { hostPlatform, type Platform } from '../../shared/oci/platform.ts'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { importLayer } from '../layers/import-layer.ts'
import { applyChanges } from '../plan/apply-changes.ts'
import { planBuild } from '../plan/plan.ts'
import { localManifest } from '../store/local-manifest.ts'
import type { Store, StoredImage } from '../store/types.ts'

export interface ImportOptions {
  /** Dockerfile instructions for the config, e.g. `CMD ["/bin/sh"]`; see `applyChanges`. */
  readonly changes: readonly string[]
  /** Comment of the history entry. */
  readonly message: string
  /** Full name, if any. */
  readonly name: string | undefined
  readonly now: Date
  /** What the image runs on; this machine's unless told otherwise. */
  readonly platform?: Platform | undefined
  /** Stops the work: its reason is thrown, and there is no image. */
  readonly signal?: AbortSignal | undefined
}

/** Makes an image of one layer from a root filesystem tar, possibly compressed. Errors: ARCHIVE_INVALID, ARCHIVE_UNSAFE, USAGE, DOCKERFILE_SYNTAX. */
export async function importRootfs(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<StoredImage> {
  const settings = await settingsOf(options)
  const lock = await store.lockShared({ signal: options.signal })
  const folder = await store.temp('import')
  try {
    const tarFile = join(folder.dir, 'layer')
    const { diffID, size, entries } = await importLayer(abortable(source, options.signal), tarFile, {
      signal: options.signal,
    })
    await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
    const created = options.now.toISOString()
    const config: ImageConfig = {
      ...settings,
      created,
      rootfs: { type: 'layers', diff_ids: [diffID] },
      history: [{ created, comment: options.message }],
    }
    const bytes = serializeConfig(config)
    const image = await store.images.put(localManifest(store, config, bytes), bytes)
    if (options.name !== undefined) await store.tags.set(options.name, image.manifestDigest)
    return image
  } finally {
    await folder.release()
    lock.release()
  }
}

/** The config that the changes give on an empty image. */
async function settingsOf({ changes, platform }: ImportOptions): Promise<ImageConfig> {
  const plan = await planBuild(
    parseDockerfile(Buffer.from('FROM scratch'), 'import'),
    {
      target: undefined,
      buildArgs: new Map(),
      labels: new Map(),
      network: 'default',
      platform: platform ?? hostPlatform(),
    },
    { resolve: async (name) => Promise.reject(new Error(`an empty image needs no other: ${name}`)) },
  )
  return applyChanges(plan.target.config, changes)
}
